//! One connection: requests in, answers out, with what shall go wrong.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::answer::{Answer, answer};
use super::{HttpFault, Request, Service, Shared};

/// Longest head and longest body that are read, in bytes.
const MAX_HEAD: usize = 64 * 1024;
const MAX_BODY: usize = 16 * 1024 * 1024;
/// Bytes sent at a time where nothing is wrong.
const PIECE: usize = 4_800;

struct Head {
    path: String,
    authorization: Option<String>,
    length: usize,
}

/// Serves a connection until the client is done with it.
pub(super) async fn connection(mut socket: TcpStream, shared: &Shared) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(end) = head_end(&mut socket, &mut buffer).await? else { return Ok(()) };
        let head = parse(&buffer[..end])?;
        let whole = end + head.length;
        while buffer.len() < whole {
            if socket.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        let body = buffer[end..whole].to_vec();
        buffer.drain(..whole);
        let Some(service) = Service::of(&head.path) else {
            refuse(&mut socket, "404 Not Found", "", "not_found").await?;
            continue;
        };
        let request =
            Request { service, at: std::time::Instant::now(), authorization: head.authorization, body };
        shared.memory().requests.push(request.clone());
        let fault = shared.fault(service);
        if !respond(&mut socket, shared, &request, &fault).await? {
            return Ok(());
        }
    }
}

/// Answers; `false`: the connection is of no more use.
async fn respond(
    socket: &mut TcpStream,
    shared: &Shared,
    request: &Request,
    fault: &HttpFault,
) -> io::Result<bool> {
    match fault {
        HttpFault::Hangup => return Ok(false),
        HttpFault::Expired => {
            refuse(socket, "401 Unauthorized", "", "invalid_api_key").await?;
            return Ok(true);
        }
        HttpFault::EchoKey => {
            let key = request.authorization.clone().unwrap_or_default();
            refuse(socket, "400 Bad Request", "", &format!("what is {key}?")).await?;
            return Ok(true);
        }
        HttpFault::Server => {
            refuse(socket, "500 Internal Server Error", "", "server_error").await?;
            return Ok(true);
        }
        HttpFault::Quota(after) => {
            let after = after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
            refuse(socket, "429 Too Many Requests", &after, "insufficient_quota").await?;
            return Ok(true);
        }
        HttpFault::Slow(pause) => tokio::time::sleep(*pause).await,
        _ => {}
    }
    let Answer { kind, mut body } = match fault {
        HttpFault::Garbage => {
            Answer { kind: "text/html", body: b"<html>\xff\xfe<body>data: {]\n\n".to_vec() }
        }
        _ => answer(shared, request),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n");
    socket.write_all(head.as_bytes()).await?;
    let breaks = matches!(fault, HttpFault::Stall | HttpFault::Drop | HttpFault::HalfClose);
    if breaks {
        body.truncate(body.len() / 2);
    }
    let (size, pause) = match fault {
        HttpFault::Drip(size, pause) => (*size, *pause),
        _ => (PIECE, Duration::ZERO),
    };
    for piece in body.chunks(size.max(1)) {
        socket.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        socket.write_all(piece).await?;
        socket.write_all(b"\r\n").await?;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }
    match fault {
        HttpFault::Stall => {
            // Until the client gives up.
            while socket.read(&mut [0; 1_024]).await? > 0 {}
            Ok(false)
        }
        HttpFault::HalfClose => {
            socket.shutdown().await?;
            while socket.read(&mut [0; 1_024]).await? > 0 {}
            Ok(false)
        }
        HttpFault::Drop => Ok(false),
        _ => {
            socket.write_all(b"0\r\n\r\n").await?;
            Ok(true)
        }
    }
}

async fn refuse(socket: &mut TcpStream, status: &str, headers: &str, code: &str) -> io::Result<()> {
    let body = serde_json::json!({
        "error": { "message": format!("told to fail: {code}"), "type": code, "param": null, "code": code }
    })
    .to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await
}

/// Reads until the head is whole; where it ends. `None`: the client is done.
async fn head_end(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<usize>> {
    loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            return Ok(Some(at + 4));
        }
        if buffer.len() > MAX_HEAD || socket.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn parse(head: &[u8]) -> io::Result<Head> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let text = std::str::from_utf8(head).map_err(|_| wrong("a head that is no text"))?;
    let mut lines = text.split("\r\n");
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or_else(|| wrong("no path"))?;
    let mut parsed = Head { path: path.to_owned(), authorization: None, length: 0 };
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                let length = value.trim().parse().ok().filter(|length| *length <= MAX_BODY);
                parsed.length = length.ok_or_else(|| wrong("content-length"))?;
            }
            "authorization" => parsed.authorization = Some(value.trim().to_owned()),
            "transfer-encoding" => return Err(wrong("a chunked request")),
            _ => {}
        }
    }
    Ok(parsed)
}
