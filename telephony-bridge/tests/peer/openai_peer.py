"""OpenAI's own client against our stand-in. Its models are strict here: what they do not find is an error.

Reads {"base": URL} on standard input, writes what it found as JSON on standard output."""

import io
import json
import sys
import wave

import openai
from openai.types.audio import Transcription, TranscriptionVerbose
from openai.types.chat import ChatCompletionChunk

given = json.load(sys.stdin)
client = openai.OpenAI(base_url=given["base"], api_key="sk-peer", max_retries=0, timeout=20)
wrong = []
found = {}


def strictly(model, value):
    try:
        return model.model_validate(value.model_dump(mode="json", exclude_unset=True))
    except Exception as error:
        wrong.append(f"{model.__name__}: {error}")
        return value


def chat(what):
    tool = {"type": "function", "function": {"name": "save_lead_fields", "parameters": {"type": "object"}}}
    text, calls, reasons = "", {}, []
    stream = client.chat.completions.create(
        model="m", stream=True, tools=[tool], messages=[{"role": "user", "content": what}]
    )
    for chunk in stream:
        chunk = strictly(ChatCompletionChunk, chunk)
        for choice in chunk.choices:
            text += choice.delta.content or ""
            reasons += [choice.finish_reason] if choice.finish_reason else []
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, {"id": "", "name": "", "arguments": ""})
                known["id"] += call.id or ""
                known["name"] += call.function.name or ""
                known["arguments"] += call.function.arguments or ""
    return {"text": text, "calls": list(calls.values()), "reasons": reasons}


def recording():
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(b"\0\0" * 16_000)
    return ("turn.wav", file.getvalue(), "audio/wav")


def failure(kind):
    try:
        chat("x")
    except openai.APIStatusError as error:
        ok = isinstance(error, kind)
        return [ok, error.status_code, error.code]
    return [False, None, None]


found["words"] = chat("a")
found["tool"] = chat("b")
heard = client.audio.transcriptions.create(model="gpt-4o-transcribe", file=recording(), language="he")
found["heard"] = strictly(Transcription, heard).text
heard = client.audio.transcriptions.create(
    model="whisper-1", file=recording(), language="he", prompt="p", response_format="verbose_json"
)
heard = strictly(TranscriptionVerbose, heard)
found["verbose"] = [heard.text, len(heard.segments or [])]
spoken = client.audio.speech.create(model="tts", voice="nova", input="שלום", response_format="pcm")
found["pcm"] = len(spoken.content)
found["failures"] = [
    failure(openai.RateLimitError),
    failure(openai.AuthenticationError),
    failure(openai.InternalServerError),
]
json.dump({"version": openai.__version__, "wrong": wrong, "found": found}, sys.stdout)
