//! What each request is answered.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Asked, Call, Fault, Memory, Number, Recording, Sent, Shared};

/// An answer before it is bytes.
enum Answer {
    Json(u16, Value),
    Wav(Vec<u8>),
    Empty,
    Refused(u16, u32, String),
}

pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let prefix = format!("/2010-04-01/Accounts/{}", shared.account_sid);
    let Some(path) = uri.path().strip_prefix(&prefix).map(str::to_owned) else {
        return written(&shared, not_found(uri.path()));
    };
    let text = if method == Method::POST { &body[..] } else { uri.query().unwrap_or_default().as_bytes() };
    let parameters = pairs(text);
    let authorised = is_authorised(&shared, &headers);
    let asked = Asked { method: method.to_string(), path, parameters, authorised };
    let mut fault = {
        let mut memory = shared.memory();
        memory.asked.push(asked.clone());
        memory.faults.pop_front()
    };
    if fault == Some(Fault::Held) {
        shared.changed.notify_waiters();
        if let Ok(permit) = shared.released.acquire().await {
            permit.forget();
        }
        fault = shared.memory().faults.pop_front();
    }
    if let Some(Fault::Status { status, .. }) = fault {
        shared.changed.notify_waiters();
        let code = if status == 429 { 20_429 } else { 20_500 };
        let mut response = written(&shared, Answer::Refused(status, code, "told to fail".to_owned()));
        if let Some(Fault::Status { retry_after: Some(seconds), .. }) = fault {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        return response;
    }
    if let Some(Fault::Slow(pause)) = fault {
        tokio::time::sleep(pause).await;
    }
    let done = if !authorised {
        Answer::Refused(401, 20_003, "Authenticate".to_owned())
    } else {
        act(&mut shared.memory(), &shared.account_sid, &asked)
    };
    shared.changed.notify_waiters();
    match fault {
        Some(Fault::DoneAndSilent) => std::future::pending().await,
        Some(Fault::DoneAndDropped) => {
            let pieces = [Ok(Bytes::from_static(b"{\"sid\":")), Err(std::io::Error::other("dropped"))];
            Response::new(Body::from_stream(futures_util::stream::iter(pieces)))
        }
        Some(Fault::Garbage(text)) => (StatusCode::CREATED, text).into_response(),
        _ => written(&shared, done),
    }
}

fn written(shared: &Shared, answer: Answer) -> Response {
    let (status, value) = match answer {
        Answer::Json(status, value) => (status, value),
        Answer::Wav(bytes) => return ([(header::CONTENT_TYPE, "audio/x-wav")], bytes).into_response(),
        Answer::Empty => return StatusCode::NO_CONTENT.into_response(),
        Answer::Refused(status, code, message) => {
            let more_info = format!("https://www.twilio.com/docs/errors/{code}");
            (status, json!({"code": code, "message": message, "more_info": more_info, "status": status}))
        }
    };
    shared.changed.notify_waiters();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn act(memory: &mut Memory, account: &str, asked: &Asked) -> Answer {
    let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let base = format!("/2010-04-01/Accounts/{account}{}", asked.path);
    match (asked.method.as_str(), &parts[..]) {
        ("POST", ["Calls.json"]) => create_call(memory, asked),
        ("POST", ["Messages.json"]) => create_message(memory, asked),
        ("POST", ["Calls", call]) => match call.strip_suffix(".json") {
            Some(sid) => update_call(memory, sid, asked, &base),
            None => not_found(&base),
        },
        ("POST", ["Calls", call, "Recordings.json"]) => start_recording(memory, call, &base),
        ("GET", ["Calls", call, "Recordings.json"]) => {
            let rows = memory.recordings.iter().filter(|(_, recording)| recording.call_sid == **call);
            let rows = rows.map(|(sid, recording)| recording_json(sid, recording)).collect();
            page(memory, asked, &base, "recordings", rows)
        }
        ("GET", ["IncomingPhoneNumbers.json"]) => {
            let wanted = asked.get("PhoneNumber").unwrap_or_default();
            let rows = memory.numbers.iter().filter(|(_, number)| number.number.contains(wanted));
            let rows = rows.map(|(sid, number)| number_json(sid, number)).collect();
            page(memory, asked, &base, "incoming_phone_numbers", rows)
        }
        ("POST", ["IncomingPhoneNumbers", number]) => {
            let sid = number.trim_end_matches(".json");
            let Some(number) = memory.numbers.get_mut(sid) else { return not_found(&base) };
            for (key, value) in &asked.parameters {
                number.settings.insert(snake(key), value.clone());
            }
            Answer::Json(200, number_json(sid, number))
        }
        ("GET", ["Recordings", file]) => match file.strip_suffix(".wav") {
            Some(sid) => match memory.recordings.get(sid) {
                Some(recording) => Answer::Wav(recording.wav.clone()),
                None => not_found(&base),
            },
            None => not_found(&base),
        },
        ("DELETE", ["Recordings", file]) => match memory.recordings.remove(file.trim_end_matches(".json")) {
            Some(_) => Answer::Empty,
            None => not_found(&base),
        },
        _ => not_found(&base),
    }
}

fn create_call(memory: &mut Memory, asked: &Asked) -> Answer {
    let number = |name| asked.get(name).filter(|number| number.starts_with('+') && number.len() > 8);
    if number("To").is_none() {
        return Answer::Refused(400, 21_211, "The 'To' number is not a valid phone number.".to_owned());
    }
    if number("From").is_none() {
        return Answer::Refused(400, 21_212, "The 'From' number is not a valid phone number.".to_owned());
    }
    let instructions = match (asked.get("Url"), asked.get("Twiml")) {
        (Some(text), None) => text,
        (None, Some(xml)) if xml.chars().count() <= 4_000 => xml,
        _ => return Answer::Refused(400, 21_205, "Url or Twiml is not valid".to_owned()),
    };
    memory.made += 1;
    let sid = format!("CA{:032x}", memory.made);
    let call = Call { status: "queued".to_owned(), instructions: instructions.to_owned() };
    let json = call_json(&sid, &call);
    memory.calls.insert(sid, call);
    Answer::Json(201, json)
}

/// <https://www.twilio.com/docs/messaging/api/message-resource>
fn create_message(memory: &mut Memory, asked: &Asked) -> Answer {
    let refused = |code, message: &str| Answer::Refused(400, code, message.to_owned());
    let to = asked.get("To").unwrap_or_default();
    let whatsapp = to.strip_prefix("whatsapp:");
    if !whatsapp.unwrap_or(to).starts_with('+') && whatsapp.is_none_or(|user| !user.contains('.')) {
        return refused(21_211, "The 'To' number is not a valid phone number.");
    }
    if asked.get("From").unwrap_or_default().starts_with("whatsapp:") != whatsapp.is_some() {
        return refused(63_007, "Twilio could not find a Channel with the specified From address");
    }
    if memory.opted_out.iter().any(|out| out == to) {
        return refused(21_610, "Attempt to send to unsubscribed recipient");
    }
    let said = match (asked.get("Body"), asked.get("ContentSid")) {
        (Some(body), None) if !body.is_empty() => body,
        (None, Some(template)) if template.starts_with("HX") => template,
        _ => return refused(21_619, "A text message body or media urls must be specified."),
    };
    memory.made += 1;
    let sid = format!("SM{:032x}", memory.made);
    let json = json!({ "sid": sid, "status": "queued", "to": to, "from": asked.get("From"),
                       "body": asked.get("Body"), "num_segments": "1", "error_code": null, "error_message": null,
                       "direction": "outbound-api" });
    memory.messages.push(Sent { sid, to: to.to_owned(), said: said.to_owned() });
    Answer::Json(201, json)
}

fn update_call(memory: &mut Memory, sid: &str, asked: &Asked, path: &str) -> Answer {
    let Some(call) = memory.calls.get_mut(sid) else { return not_found(path) };
    let over = ["completed", "busy", "failed", "no-answer", "canceled"].contains(&call.status.as_str());
    if over {
        let message = "Call is not in-progress. Cannot redirect.".to_owned();
        return Answer::Refused(400, 21_220, message);
    }
    if let Some(status) = asked.get("Status") {
        call.status = status.to_owned();
    }
    if let Some(instructions) = asked.get("Twiml").or(asked.get("Url")) {
        call.instructions = instructions.to_owned();
    }
    Answer::Json(200, call_json(sid, call))
}

fn start_recording(memory: &mut Memory, call_sid: &str, path: &str) -> Answer {
    match memory.calls.get(call_sid) {
        None => return not_found(path),
        Some(call) if call.status != "in-progress" => {
            let message = "Requested resource is not eligible for recording".to_owned();
            return Answer::Refused(400, 21_220, message);
        }
        Some(_) => {}
    }
    memory.made += 1;
    let sid = format!("RE{:032x}", memory.made);
    let recording = Recording { call_sid: call_sid.to_owned(), seconds: 0, wav: Vec::new() };
    let mut json = recording_json(&sid, &recording);
    json["status"] = "in-progress".into();
    json["duration"] = Value::Null;
    memory.recordings.insert(sid, recording);
    Answer::Json(201, json)
}

fn page(memory: &Memory, asked: &Asked, path: &str, key: &str, rows: Vec<Value>) -> Answer {
    let size = asked.get("PageSize").and_then(|size| size.parse().ok()).unwrap_or(50);
    let size = memory.page_size.min(size).max(1);
    let number: usize = asked.get("Page").and_then(|page| page.parse().ok()).unwrap_or(0);
    let more = rows.len() > (number + 1) * size;
    let rows: Vec<Value> = rows.into_iter().skip(number * size).take(size).collect();
    let token = rows.last().map_or(Value::Null, |row| row["sid"].clone());
    let next = match more {
        true => {
            let filter: String = asked
                .parameters
                .iter()
                .filter(|(key, _)| !["Page", "PageToken", "PageSize"].contains(&key.as_str()))
                .map(|(key, value)| format!("&{key}={}", value.replace('+', "%2B")))
                .collect();
            let token = token.as_str().unwrap_or_default();
            json!(format!("{path}?PageSize={size}&Page={}&PageToken=PA{token}{filter}", number + 1))
        }
        false => Value::Null,
    };
    Answer::Json(200, json!({ key: rows, "page": number, "page_size": size, "next_page_uri": next }))
}

fn call_json(sid: &str, call: &Call) -> Value {
    json!({ "sid": sid, "status": call.status, "direction": "outbound-api", "duration": null })
}

fn recording_json(sid: &str, recording: &Recording) -> Value {
    // The length is text.
    json!({ "sid": sid, "call_sid": recording.call_sid, "status": "completed",
            "duration": recording.seconds.to_string(), "channels": 2 })
}

fn number_json(sid: &str, number: &Number) -> Value {
    let mut json = json!({ "sid": sid, "phone_number": number.number, "voice_url": null,
                           "status_callback": null });
    for (key, value) in &number.settings {
        json[key] = value.clone().into();
    }
    json
}

/// `VoiceUrl` as `voice_url`.
fn snake(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn not_found(path: &str) -> Answer {
    Answer::Refused(404, 20_404, format!("The requested resource {path} was not found"))
}

fn is_authorised(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    shared.keys.iter().any(|(user, key)| {
        let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{key}")));
        given == Some(expected.as_str())
    })
}

/// `application/x-www-form-urlencoded`, by hand: the bridge's client uses a library.
fn pairs(text: &[u8]) -> Vec<(String, String)> {
    let decoded = |text: &[u8]| {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let [first, tail @ ..] = rest {
            let hex = |at: usize| tail.get(at).and_then(|byte| (*byte as char).to_digit(16));
            (bytes, rest) = match (first, hex(0), hex(1)) {
                (b'%', Some(high), Some(low)) => {
                    bytes.push((high * 16 + low) as u8);
                    (bytes, &tail[2..])
                }
                (b'+', ..) => {
                    bytes.push(b' ');
                    (bytes, tail)
                }
                (byte, ..) => {
                    bytes.push(*byte);
                    (bytes, tail)
                }
            };
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let parts = text.split(|byte| *byte == b'&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let at = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
            (decoded(&part[..at]), decoded(part.get(at + 1..).unwrap_or_default()))
        })
        .collect()
}
