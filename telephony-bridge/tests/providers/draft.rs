//! Replies begun early, by a chat model behind a real socket.

use std::sync::Arc;
use std::time::Duration;

use crm_api::Speaker;
use provider_fakes::crm::FakeCrm;
use provider_fakes::openai::{FakeOpenAi, HttpFault, Reply, Service};
use telephony_bridge::crm::CrmClient;
use telephony_bridge::providers::Llm;
use telephony_bridge::providers::net::{CallNet, Endpoint, Health, HttpClient, Role};
use telephony_bridge::providers::openai::{ChatLlm, ChatModel, Tools};
use telephony_bridge::session::{CallTime, LlmEvent, TurnId};

use crate::site::{PATIENCE, Site, audible, counter, eventually, ran_apart, tape};

const NOW: CallTime = CallTime(0);
const TURN: TurnId = TurnId(1);
const WORDS: &str = "שלום, אני מחפש דירה להשכרה";

/// One call's writer, with its model and its CRM.
struct Desk {
    openai: FakeOpenAi,
    crm: FakeCrm,
    net: CallNet,
    llm: ChatLlm,
}

impl Desk {
    async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let openai = FakeOpenAi::start().await.expect("a port");
        openai.replies(replies);
        let crm = FakeCrm::start("internal").await.expect("a port");
        let client = CrmClient::new(&crm.url(), "internal".into()).expect("a client");
        let http = HttpClient::new().expect("a client");
        let health = Arc::new(Health::new("openai", Role::Llm, true));
        let model = Arc::new(ChatModel::new(Endpoint::new(http, "openai", &openai.url(), None), "m", health));
        let net = CallNet::new();
        let tools = Tools::new(Some((client, "call-token".to_owned())), "CA1", net.clone());
        let llm = ChatLlm::new(model, tools, net.clone(), "הוראות".to_owned());
        Self { openai, crm, net, llm }
    }

    fn requests(&self) -> usize {
        self.openai.requests(Service::Chat).len()
    }

    /// The model's answer has been read to its end, if the writer reads it.
    async fn answered(&self, requests: usize) {
        eventually("the model is asked", || self.requests() == requests).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    /// All sentences of the reply.
    async fn reply(&mut self) -> Vec<String> {
        let whole = async {
            let mut sentences = Vec::new();
            loop {
                match self.llm.poll(NOW) {
                    Some((TURN, LlmEvent::Sentence(line))) => sentences.push(line.text),
                    Some((TURN, LlmEvent::Done { .. })) => return sentences,
                    Some(other) => panic!("{other:?}"),
                    None => self.net.wake().woken().await,
                }
            }
        };
        let mut sentences = tokio::time::timeout(PATIENCE, whole).await.expect("a reply");
        sentences.retain(|sentence| !sentence.is_empty());
        sentences
    }
}

/// A-AUD-005: nothing of it shows before it is asked for; then all of it is there, by one request.
#[tokio::test]
async fn a_draft_shows_once_it_is_wanted() {
    let mut desk = Desk::new([Reply::text("באיזה אזור? ומה השם?")]).await;
    assert!(desk.llm.draft(NOW, TURN, 0, WORDS));
    desk.answered(1).await;
    assert_eq!(desk.llm.poll(NOW), None);
    desk.llm.reply(NOW, TURN, 0, WORDS);
    assert_eq!(desk.reply().await, ["באיזה אזור?", "ומה השם?"]);
    assert_eq!(desk.requests(), 1);
}

/// A tool does what cannot be taken back: it waits until the turn is final, and a dropped draft uses none.
#[tokio::test]
async fn no_tool_is_used_before_the_turn_is_final() {
    let tool = || Reply::Tool("save_lead_fields".into(), "{\"deal\":\"rent\"}".into());
    let mut desk = Desk::new([tool(), tool(), Reply::text("רשמתי.")]).await;
    desk.llm.draft(NOW, TURN, 0, "שלום");
    desk.answered(1).await;
    desk.llm.cancel(TURN);
    assert!(desk.crm.tools().is_empty());
    desk.llm.draft(NOW, TURN, 0, WORDS);
    desk.answered(2).await;
    assert!(desk.crm.tools().is_empty(), "nobody has asked for it");
    desk.llm.reply(NOW, TURN, 0, WORDS);
    assert_eq!(desk.reply().await, ["רשמתי."]);
    assert_eq!(desk.crm.tools().len(), 1);
    // The history holds one exchange with the tool, that of the reply.
    let last = desk.openai.requests(Service::Chat).pop().expect("a request").json();
    let roles: Vec<&str> =
        last["messages"].as_array().expect("messages").iter().filter_map(|m| m["role"].as_str()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "tool"]);
}

/// What is said meanwhile is not known to it: it is begun anew.
#[tokio::test]
async fn a_draft_that_does_not_know_everything_is_dropped() {
    let mut desk = Desk::new([Reply::text("ישן."), Reply::text("חדש.")]).await;
    desk.llm.draft(NOW, TURN, 0, WORDS);
    desk.answered(1).await;
    desk.llm.said(Speaker::Agent, "רגע", true);
    desk.llm.reply(NOW, TURN, 0, WORDS);
    assert_eq!(desk.reply().await, ["חדש."]);
    assert_eq!(desk.requests(), 2);
}

/// A draft can only help: one that failed is begun anew, and the caller has the answer.
#[tokio::test]
async fn a_draft_that_failed_is_begun_anew() {
    let mut desk = Desk::new([Reply::text("באיזה אזור?")]).await;
    for fault in [HttpFault::Server, HttpFault::Drop, HttpFault::Garbage] {
        desk.openai.script(Service::Chat, [fault]);
        let before = desk.requests();
        desk.llm.draft(NOW, TURN, 0, WORDS);
        desk.answered(before + 1).await;
        desk.llm.reply(NOW, TURN, 0, WORDS);
        assert_eq!(desk.reply().await, ["באיזה אזור?"]);
        assert_eq!(desk.requests(), before + 2);
    }
}

/// A call: the model is asked while the caller is still heard, once, and the metric says so. The file of the
/// session's numbers turns it off.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_call_is_answered_early() {
    if ran_apart("draft::a_call_is_answered_early") {
        return;
    }
    let tape = tape("booking");
    let folder = tempfile::tempdir().expect("a folder");
    let off = folder.path().join("session.toml");
    std::fs::write(&off, "max_drafts = 0\n").expect("written");
    let off = off.display().to_string();
    for settings in [&[("STT_INTERIM_MS", "300")][..], &[("STT_INTERIM_MS", "300"), ("SESSION_FILE", &off)]] {
        let site = Site::start(settings).await;
        let before = counter(&site.metrics().await, "kav_bridge_drafts_total", &["adopted"]);
        site.openai.transcripts([WORDS]);
        site.openai.replies([Reply::text("באיזה אזור?")]);
        // The last words come late: the reply is there before them.
        site.openai.always(Service::Transcriptions, HttpFault::Slow(Duration::from_millis(300)));
        let end = tape.file.caller[0].end_ms;
        let call = site.caller(&tape, "00000000000000000000000000000081", end + 3_000).call();
        let record = tokio::time::timeout(PATIENCE, call).await.expect("the call ends").expect("a call");
        assert!(audible(&record).len() >= 2, "greeting and answer: {:?}", audible(&record));
        let adopted = counter(&site.metrics().await, "kav_bridge_drafts_total", &["adopted"]) - before;
        assert_eq!(adopted, u64::from(settings.len() == 1));
        let asked = site.openai.requests(Service::Chat);
        assert_eq!(asked.len(), 1, "no reply is asked for twice");
        site.down().await;
    }
}
