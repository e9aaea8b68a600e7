"""Google's own Python package as the far end of StreamingRecognize.

Prints the port it listens on; answers with what it read, so that the messages of both directions are
checked by code that Google generated.
"""

import json
import sys
from concurrent import futures

import grpc
from google.cloud.speech_v1 import types


def recognize(requests, context):
    first = next(requests)
    config = first.streaming_config.config
    seen = {
        "encoding": config.encoding.name,
        "rate": config.sample_rate_hertz,
        "language": config.language_code,
        "model": config.model,
        "enhanced": config.use_enhanced,
        "punctuation": config.enable_automatic_punctuation,
        "interim": first.streaming_config.interim_results,
        "phrases": [p.value for s in config.adaptation.phrase_sets for p in s.phrases],
        "boost": [s.boost for s in config.adaptation.phrase_sets],
        "key": dict(context.invocation_metadata()).get("x-goog-api-key"),
    }
    size = 0
    for request in requests:
        size += len(request.audio_content)
        # An interim result for each second, in two parts as Google sends them.
        if size % 8000 == 0:
            yield types.StreamingRecognizeResponse(
                results=[
                    types.StreamingRecognitionResult(
                        alternatives=[types.SpeechRecognitionAlternative(transcript="חלק")], stability=0.9
                    ),
                    types.StreamingRecognitionResult(
                        alternatives=[types.SpeechRecognitionAlternative(transcript=" שני")], stability=0.01
                    ),
                ]
            )
    seen["audio"] = size
    yield types.StreamingRecognizeResponse(
        results=[
            types.StreamingRecognitionResult(
                alternatives=[
                    types.SpeechRecognitionAlternative(
                        transcript=json.dumps(seen, ensure_ascii=False).replace(" ", ""), confidence=0.9
                    )
                ],
                is_final=True,
                result_end_time={"seconds": size // 8000, "nanos": size % 8000 * 125000},
            )
        ]
    )


def main():
    request, response = types.StreamingRecognizeRequest, types.StreamingRecognizeResponse
    handler = grpc.stream_stream_rpc_method_handler(
        recognize, request_deserializer=request.deserialize, response_serializer=response.serialize
    )
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    service = grpc.method_handlers_generic_handler(
        "google.cloud.speech.v1.Speech", {"StreamingRecognize": handler}
    )
    server.add_generic_rpc_handlers((service,))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    # Ends with the test, which closes this.
    sys.stdin.read()
    server.stop(0)


main()
