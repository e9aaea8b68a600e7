//! One call, from the webhook to the status callback.

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::RequestBuilder;
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use super::line::Line;
use super::twiml::{StreamVerb, dial_of, redirect_of, stream_of};
use super::{CallRecord, Caller, CallerError, Ending, Signing, Token, Wire, sign};

const TICK: Duration = Duration::from_millis(20);
/// For the bridge to close the stream.
const CLOSE_DEADLINE: Duration = Duration::from_secs(8);
/// Read at once, in bytes.
const READ_BUFFER: usize = 8 << 10;
/// Offered as some senders of this protocol do.
const SUBPROTOCOL: &str = "audio.twilio.com";

type Socket = WebSocketStream<TcpStream>;
type Closed = Option<(u16, String)>;

pub(super) async fn run(caller: Caller) -> Result<CallRecord, CallerError> {
    if caller.payload_sizes.is_empty() || caller.payload_sizes.contains(&0) {
        return Err(CallerError::PayloadSizes(caller.payload_sizes));
    }
    let http = match &caller.lean {
        Some(lean) => lean.http.clone(),
        None => reqwest::Client::builder().no_proxy().build()?,
    };
    let ringing = [("CallStatus", "ringing"), ("Direction", "inbound")];
    let rang = Instant::now().into_std();
    let (status, twiml) = answer(webhook(&http, &caller, "/api/voice/inbound", &ringing)).await?;
    let mut record = CallRecord {
        ending: Ending::WebhookRefused(status),
        rang,
        opened: None,
        twiml,
        documents: Vec::new(),
        subprotocol: None,
        status_callback: None,
        line_ms: 0,
        said: Vec::new(),
        heard: Vec::new(),
        log: Vec::new(),
    };
    if status != 200 {
        return Ok(record);
    }
    record.ending = Ending::NoStream;
    let mut caller = caller;
    let mut document = record.twiml.clone();
    loop {
        let streamed = stream_of(&document);
        if let Some(stream) = streamed.clone() {
            (caller, record) = connect(caller, stream, record).await?;
        }
        // A stream that the bridge closes is followed by the document's next verb.
        let goes_on = streamed.is_none() || matches!(record.ending, Ending::ClosedByBridge(_));
        let next = match (redirect_of(&document).filter(|_| goes_on), dial_of(&document)) {
            (Some(url), _) => Some((url, vec![("CallStatus", "in-progress".to_owned())])),
            (None, Some((_, action))) => caller.dialled.take().map(|outcome| {
                (action, vec![("CallStatus", "in-progress".to_owned()), ("DialCallStatus", outcome)])
            }),
            (None, None) => None,
        };
        let Some((url, form)) = next else { break };
        let path = url.strip_prefix(&caller.public_base).unwrap_or(&url).to_owned();
        let form: Vec<_> = form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        document = answer(webhook(&http, &caller, &path, &form)).await?.1;
        record.documents.push(document.clone());
    }
    let seconds = (record.line_ms / 1_000).to_string();
    let over = [
        ("CallStatus", "completed"),
        ("CallDuration", seconds.as_str()),
        ("SequenceNumber", "2"),
        ("CallbackSource", "call-progress-events"),
    ];
    // Twilio shrugs where nobody takes a status callback, and so does this.
    let reported = answer(webhook(&http, &caller, "/api/voice/status", &over)).await;
    record.status_callback = reported.ok().map(|(status, _)| status);
    Ok(record)
}

/// A form, signed as Twilio signs it.
fn webhook(http: &reqwest::Client, caller: &Caller, path: &str, extra: &[(&str, &str)]) -> RequestBuilder {
    let mut form = vec![
        ("AccountSid", "AC00000000000000000000000000000000"),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", caller.call_sid.as_str()),
        ("From", caller.from.as_str()),
        ("To", caller.to.as_str()),
    ];
    form.extend_from_slice(extra);
    let request = http.post(format!("http://{}{path}", caller.bridge)).form(&form);
    let url = format!("{}{path}", caller.public_base);
    match signature(caller, caller.faults.webhook, &url, &form) {
        Some(signature) => request.header("X-Twilio-Signature", signature),
        None => request,
    }
}

/// Status and body.
async fn answer(request: RequestBuilder) -> Result<(u16, String), CallerError> {
    let answer = request.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

fn signature(caller: &Caller, signing: Signing, url: &str, form: &[(&str, &str)]) -> Option<String> {
    let token = caller.auth_token.as_deref()?;
    match signing {
        Signing::Right => Some(sign(token, url, form)),
        Signing::Wrong => Some(sign("somebody else's", url, form)),
        Signing::Missing => None,
    }
}

/// Opens the stream and stays on the line to the call's end.
async fn connect(
    caller: Caller,
    mut stream: StreamVerb,
    mut record: CallRecord,
) -> Result<(Caller, CallRecord), CallerError> {
    // The public name goes into the request; the connection goes to the bridge.
    let mut request = stream.url.replacen("wss://", "ws://", 1).into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("user-agent", HeaderValue::from_static("Twilio.TmeWs/1.0"));
    headers.insert("sec-websocket-protocol", HeaderValue::from_static(SUBPROTOCOL));
    if let Some(signature) = signature(&caller, caller.faults.handshake, &stream.url, &[])
        && let Ok(signature) = HeaderValue::from_str(&signature)
    {
        headers.insert("x-twilio-signature", signature);
    }
    let tcp = TcpStream::connect(caller.bridge).await?;
    tcp.set_nodelay(true)?;
    // Cleared before every read: the usual 128 KiB would be most of what a caller costs.
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let (socket, answer) = match tokio_tungstenite::client_async_with_config(request, tcp, Some(config)).await
    {
        Ok(connected) => connected,
        Err(WsError::Http(answer)) => {
            record.ending = Ending::HandshakeRefused(answer.status().as_u16());
            return Ok((caller, record));
        }
        Err(error) => return Err(error.into()),
    };
    let chosen = answer.headers().get("sec-websocket-protocol");
    record.subprotocol = chosen.and_then(|value| value.to_str().ok()).map(str::to_owned);
    match &caller.faults.token {
        Token::AsGiven => {}
        Token::Fixed(token) => {
            stream.parameters.insert("token".to_owned(), token.clone());
        }
        Token::Missing => {
            stream.parameters.remove("token");
        }
    }
    Ok(talk(socket, caller, &stream, record).await)
}

async fn talk(
    mut socket: Socket,
    caller: Caller,
    stream: &StreamVerb,
    mut record: CallRecord,
) -> (Caller, CallRecord) {
    let started_sid = caller.faults.start_call_sid.as_ref().unwrap_or(&caller.call_sid);
    let mut wire = Wire::new(started_sid, &caller.stream_sid, caller.plain_numbers);
    let preamble = match &caller.faults.instead_of_start {
        Some(messages) => messages.iter().map(|text| Message::text(text.clone())).collect(),
        None => vec![Message::text(wire.connected()), Message::text(wire.start(stream))],
    };
    let silent = caller.faults.instead_of_start.is_some();
    let step = caller.speed.map_or(Duration::ZERO, |speed| TICK.div_f64(speed));
    let opened = Instant::now();
    record.opened = Some(opened.into_std());
    let mut line = Line::new(caller, wire, record);
    let ending = if send(&mut socket, preamble).await.is_err() || silent {
        Ending::ClosedByBridge(closed(&mut socket).await)
    } else {
        tick_by_tick(&mut socket, &mut line, opened, step).await
    };
    if ending == Ending::HungUp {
        // Twilio closes after `stop`; the bridge may have been faster.
        let _ = socket.close(None).await;
        closed(&mut socket).await;
    }
    let (caller, mut record) = line.finish();
    record.ending = ending;
    (caller, record)
}

async fn tick_by_tick(socket: &mut Socket, line: &mut Line, opened: Instant, step: Duration) -> Ending {
    let mut next = Instant::now();
    line.opened();
    loop {
        tokio::select! {
            biased;
            incoming = socket.next() => match incoming {
                Some(Ok(Message::Text(text))) => {
                    let answers = line.receive(opened.elapsed(), &text);
                    if send(socket, answers).await.is_err() {
                        return Ending::ClosedByBridge(closed(socket).await);
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    line.over(opened.elapsed());
                    let frame = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                    closed(socket).await;
                    return Ending::ClosedByBridge(frame);
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    line.over(opened.elapsed());
                    return Ending::ClosedByBridge(None);
                }
            },
            () = tokio::time::sleep_until(next) => {
                let messages = line.tick(opened.elapsed());
                if send(socket, messages).await.is_err() {
                    return Ending::ClosedByBridge(closed(socket).await);
                }
                if line.breaks() {
                    line.over(opened.elapsed());
                    return Ending::Dropped;
                }
                if line.hangs_up() {
                    let stop = line.stop(opened.elapsed());
                    // If the bridge is gone already, the call is over all the same.
                    let _ = send(socket, vec![stop]).await;
                    line.over(opened.elapsed());
                    return Ending::HungUp;
                }
                next += step;
                if step.is_zero() {
                    next = Instant::now();
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

async fn send(socket: &mut Socket, messages: Vec<Message>) -> Result<(), WsError> {
    for message in messages {
        socket.feed(message).await?;
    }
    socket.flush().await
}

/// Reads to the end of the stream; returns the close frame on the way, if there is one.
async fn closed(socket: &mut Socket) -> Closed {
    let mut found = None;
    let to_the_end = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(Some(frame)) = message {
                found = Some((frame.code.into(), frame.reason.to_string()));
            }
        }
    };
    // A bridge that never closes is found by its test: the ending has no frame.
    let _ = tokio::time::timeout(CLOSE_DEADLINE, to_the_end).await;
    found
}
