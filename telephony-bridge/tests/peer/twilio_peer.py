"""Twilio's own package looks at what the bridge signs and writes.

Reads cases as JSON from standard input; writes the package's signatures and what it disagrees with.
"""

import json
import sys
import xml.etree.ElementTree as ET

from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, Dial, Gather, VoiceResponse

SAY = {"voice": "Google.he-IL-Wavenet-A", "language": "he-IL"}


class Form(dict):
    """A form whose keys may come several times, as web frameworks hand it over."""

    def getlist(self, key):
        return self[key]

    getall = getlist


def documents(case):
    """The documents of twiml.rs, by the package's builder."""
    text, url, stream, token, number = (case[k] for k in ("text", "url", "stream", "token", "number"))
    made = {}

    def connected(key):
        response = VoiceResponse()
        response.say(text, **SAY)
        connect = Connect()
        connect.stream(url=stream).parameter(name="token", value=token)
        response.append(connect)
        made[key] = response
        return response

    connected("stream").hangup()
    connected("stream_then").redirect(url, method="POST")

    response = made["dial"] = VoiceResponse()
    dial = Dial(
        action=url,
        method="POST",
        timeout=15,
        answer_on_bridge=True,
        record="record-from-answer-dual",
        recording_status_callback=url,
        recording_status_callback_event="completed absent",
    )
    dial.number(number)
    response.append(dial)

    response = made["gather"] = VoiceResponse()
    gather = Gather(
        input="dtmf speech",
        action=url,
        method="POST",
        timeout=5,
        num_digits=1,
        language="he-IL",
        speech_timeout="auto",
    )
    gather.say(text, **SAY)
    response.append(gather)
    response.pause(length=1)
    response.hangup()
    return {key: str(value) for key, value in made.items()}


def tree(element):
    children = [tree(child) for child in element]
    return [element.tag, sorted(element.attrib.items()), element.text or "", children]


def main():
    given = json.load(sys.stdin)
    validator = RequestValidator(given["token"])
    signatures, wrong = [], []
    for case in given["signatures"]:
        params = case["body"]
        if params is None:
            params = Form()
            for key, value in case["form"]:
                params.setdefault(key, []).append(value)
        if not validator.validate(case["url"], params, case["signature"]):
            wrong.append("signature of " + case["url"])
        if validator.validate(case["url"] + "x", params, case["signature"]):
            wrong.append("signature of another URL than " + case["url"])
        signatures.append(validator.compute_signature(case["url"], {} if case["body"] else params))
    for key, theirs in documents(given["twiml"]["case"]).items():
        ours = given["twiml"][key]
        if tree(ET.fromstring(ours)) != tree(ET.fromstring(theirs)):
            wrong.append(f"{key}: {ours} is not {theirs}")
    json.dump({"signatures": signatures, "wrong": wrong}, sys.stdout)


main()
