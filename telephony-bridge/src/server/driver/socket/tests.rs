use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::get;
use futures_util::StreamExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as FarMessage;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;

/// A real socket over loopback, and its far end.
async fn pair() -> (Socket, WebSocketStream<MaybeTlsStream<TcpStream>>) {
    let (accepted, mut sockets) = mpsc::channel(1);
    let take = move |upgrade: WebSocketUpgrade| async move {
        upgrade.on_upgrade(|socket| async move { drop(accepted.send(socket).await) })
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(take))).await });
    let (far, _) = connect_async(format!("ws://{address}/")).await.expect("a stream");
    let socket = sockets.recv().await.expect("a socket");
    (Socket::new(socket, OutboundWriter::new("MZ1")), far)
}

async fn write(socket: &mut Socket) -> bool {
    poll_fn(|cx| Poll::Ready(socket.poll_write(cx).is_ready())).await
}

fn frame(generation: u32) -> WireFrame {
    WireFrame { generation, payload: [generation as u8; 160], ..WireFrame::SILENCE }
}

/// Says until nothing more goes into the network. Returns how many frames that were.
async fn stall(socket: &mut Socket) -> usize {
    for said in 1.. {
        socket.media(&frame(0));
        if !write(socket).await {
            return said;
        }
        tokio::task::yield_now().await;
    }
    unreachable!("a network that takes everything")
}

/// A-TEL-001, A-TEL-015: a far end that does not read holds up nothing. What waits is bounded, what finds
/// no room is counted, `clear` always finds room, and audio that a flush has voided is not sent any more.
#[tokio::test]
async fn a_far_end_that_does_not_read_holds_up_nothing() {
    let (mut socket, mut far) = pair().await;
    let said = stall(&mut socket).await;
    for _ in 0..QUEUE {
        socket.media(&frame(0));
        assert!(!write(&mut socket).await, "it is blocked");
    }
    assert_eq!(socket.dropped(), RESERVED as u64);
    socket.flush(1);
    socket.clear();
    assert_eq!((socket.dropped(), socket.has_failed()), (RESERVED as u64, false));

    // Now it listens again.
    let hear = tokio::spawn(async move {
        let (mut old, mut after) = (0, Vec::new());
        while let Some(Ok(FarMessage::Text(text))) = far.next().await {
            match text.contains(r#""event":"media""#) {
                true if after.is_empty() => old += 1,
                _ => after.push(text.to_string()),
            }
        }
        (old, after)
    });
    poll_fn(|cx| socket.poll_write(cx)).await;
    socket.media(&frame(1));
    socket.close().await;
    drop(socket);
    let (old, after) = hear.await.expect("it hears");
    // All that had gone into the network, none of the 450 that waited here.
    assert_eq!(old, said);
    assert_eq!(after.len(), 2, "{after:?}");
    assert!(after[0].contains(r#""event":"clear""#) && after[1].contains("AQEB"), "{after:?}");
}

/// What comes at once goes out in one piece, in order, and a socket that is gone is noticed (A-TEL-003).
#[tokio::test]
async fn messages_arrive_in_order_and_a_broken_socket_has_failed() {
    let (mut socket, mut far) = pair().await;
    socket.media(&frame(0));
    socket.mark("u1");
    socket.clear();
    assert!(write(&mut socket).await);
    for event in ["media", "mark", "clear"] {
        let message = far.next().await.expect("a message").expect("a whole one");
        let text = message.into_text().expect("text");
        assert!(text.contains(&format!(r#""event":"{event}""#)), "{text}");
    }
    drop(far);
    let gone = tokio::time::timeout(WRITE_LIMIT, poll_fn(|cx| socket.poll_next(cx))).await;
    assert!(matches!(gone, Ok(None | Some(Message::Close(_)))), "{gone:?}");
    while !socket.has_failed() {
        socket.media(&frame(0));
        write(&mut socket).await;
        tokio::task::yield_now().await;
    }
}

/// Writes until `done`, as the call does at each deadline.
async fn until(socket: &mut Socket, done: impl Fn(&Socket) -> bool) {
    let look = async {
        while !done(socket) {
            write(socket).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), look).await.expect("sooner or later");
}

/// A-TEL-002, A-TEL-003, A-TEL-004: a write may take half a second; after ten late ones in a row the connection
/// is marked as failed, and what is said then goes nowhere and harms nobody.
#[tokio::test]
async fn a_far_end_that_never_reads_fails() {
    assert_eq!((WRITE_LIMIT, MAX_LATE_WRITES), (Duration::from_millis(500), 10));
    let (mut socket, _far) = pair().await;
    socket.limit = Duration::from_millis(10);
    stall(&mut socket).await;
    until(&mut socket, Socket::has_failed).await;
    assert_eq!(socket.late, MAX_LATE_WRITES);
    let (sent, dropped) = (socket.sent(), socket.dropped());
    socket.clear();
    socket.mark("late");
    assert_eq!((socket.sent(), socket.dropped()), (sent, dropped + 2));
    assert!(write(&mut socket).await, "nothing is waited for");
}

/// A-TEL-003: late writes count in a row: a far end that reads in the end has never failed.
#[tokio::test]
async fn a_far_end_that_reads_again_is_well() {
    let (mut socket, mut far) = pair().await;
    let mut said = 0;
    for _ in 0..3 {
        socket.limit = Duration::from_millis(10);
        said += stall(&mut socket).await;
        until(&mut socket, |socket| socket.late >= 4).await;
        // However long a busy machine needs to read what lies between the two.
        socket.limit = Duration::from_secs(30);
        let read = async {
            while said > 0 {
                write(&mut socket).await;
                let soon = tokio::time::timeout(Duration::from_millis(5), far.next());
                if let Ok(message) = soon.await {
                    message.expect("a message").expect("a whole one");
                    said -= 1;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), read).await.expect("all of it");
        until(&mut socket, |socket| socket.late == 0).await;
        assert!(!socket.has_failed());
    }
    assert_eq!(socket.dropped(), 0);
}
