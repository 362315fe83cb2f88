//! Delivery against real receivers: an SMTP server and HTTP servers started by the test, with the
//! SQLite store between composing and sending. Time is a clock that the test moves.

#![expect(clippy::unwrap_used, reason = "a test whose house cannot be set up should stop there")]

mod smtp_server;

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Duration, Utc};
use emberwatch::{
    clock::{Clock, ManualClock},
    domain::{
        area::Jurisdiction,
        ids::{JurisdictionId, MessageId, RunId},
        message::{Channel, MessageState, OutboxMessage},
        scope::Scope,
        time::{Day, Zone},
    },
    jobs::outbox::{Delivered, LEASE, deliver_due},
    notify::{SmtpSettings, SmtpTransport, Transport, Transports, WebhookTransport},
    store::{self, DynStore, RunRecord, StoredAnalysis},
};
use sha2::{Digest, Sha256};
use smtp_server::{SmtpServer, Step, header};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn start() -> DateTime<Utc> {
    "2026-03-01T06:00:00Z".parse().unwrap()
}

/// A store with one jurisdiction, a clock and whatever transports the test sets up.
struct House {
    store: DynStore,
    scope: Scope,
    clock: Arc<ManualClock>,
    transports: Transports,
    _folder: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = store::open(&format!("sqlite://{}", folder.path().join("e.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        let jurisdiction = JurisdictionId::new("me").unwrap();
        store
            .put_jurisdiction(&Jurisdiction { id: jurisdiction.clone(), name: "Maine".into(), zone: Zone::UTC })
            .await
            .unwrap();
        Self {
            store,
            scope: Scope::system(jurisdiction, "test"),
            clock: ManualClock::at(start()),
            transports: Transports::default(),
            _folder: folder,
        }
    }

    fn with_mail(mut self, port: u16) -> Self {
        let settings = SmtpSettings {
            url: format!("smtp://127.0.0.1:{port}"),
            from: "Emberwatch <alerts@ember.example.org>".into(),
        };
        self.transports.email = Some(Arc::new(SmtpTransport::new(&settings).unwrap()));
        self
    }

    fn with_webhooks(mut self) -> Self {
        self.transports.webhook = Some(Arc::new(WebhookTransport::new(true).unwrap()));
        self
    }

    /// Queue messages as an analysis does: in its transaction.
    async fn queue(&self, messages: &[OutboxMessage]) {
        let run = RunRecord {
            id: RunId::derived(&["run"]),
            as_of: Day::of(self.clock.now(), Zone::UTC),
            computed_at: self.clock.now(),
            newest_event_at: None,
            last_received_at: None,
            events: 0,
            elapsed_ms: 0,
            settings: serde_json::Map::new(),
        };
        let analysis = StoredAnalysis {
            run,
            signals: vec![],
            alerts: vec![],
            forecasts: vec![],
            records: vec![],
            hotspots: None,
            area_status: vec![],
            standings: None,
            track_records: None,
            messages: messages.to_vec(),
        };
        self.store.put_analysis(&self.scope, &analysis).await.unwrap();
    }

    async fn deliver(&self) -> Delivered {
        deliver_due(&*self.store, &self.scope, &self.transports, &*self.clock).await.unwrap()
    }

    /// One call an hour, as a worker would make during an outage (it makes more).
    async fn deliver_hourly(&self, hours: i64) -> Delivered {
        let mut all = Delivered::default();
        for _ in 0..hours {
            let once = self.deliver().await;
            all.sent += once.sent;
            all.failed += once.failed;
            self.clock.advance(Duration::hours(1));
        }
        all
    }

    async fn states(&self) -> Vec<MessageState> {
        self.store.messages(&self.scope, 1000).await.unwrap().into_iter().map(|m| m.state).collect()
    }
}

fn mail(n: usize) -> OutboxMessage {
    OutboxMessage {
        id: MessageId::derived(&["mail", &n.to_string()]),
        alert: None,
        channel: Channel::Email,
        target: "Night shift <night@county.example.org>".into(),
        secret: None,
        subject: "Alert: Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual".into(),
        body: format!("Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual.\nNumber {n}.\n"),
        state: MessageState::Waiting,
        attempts: 0,
        next_attempt_at: start(),
        created_at: start(),
        last_error: None,
    }
}

fn hook(n: usize, url: &str) -> OutboxMessage {
    OutboxMessage {
        id: MessageId::derived(&["hook", &n.to_string()]),
        channel: Channel::Webhook,
        target: url.into(),
        secret: Some(SECRET.into()),
        body: r#"{"type":"alert.raised","data":{"n":1}}"#.into(),
        ..mail(n)
    }
}

fn message_ids(mails: &[String]) -> Vec<&str> {
    mails.iter().map(|m| header(m, "Message-ID").expect("every mail has a Message-ID")).collect()
}

#[tokio::test]
async fn a_mail_reaches_its_receiver_in_a_whole_conversation() {
    let server = SmtpServer::start(0).await;
    let house = House::new().await.with_mail(server.port);
    house.queue(&[mail(1)]).await;
    assert_eq!(house.deliver().await, Delivered { sent: 1, waiting: 0, failed: 0 });

    let said = server.commands();
    assert!(said.iter().any(|c| c.starts_with("MAIL FROM:<alerts@ember.example.org>")), "{said:?}");
    assert!(said.iter().any(|c| c.starts_with("RCPT TO:<night@county.example.org>")), "{said:?}");
    let mails = server.accepted();
    assert_eq!(message_ids(&mails), [format!("<{}@ember.example.org>", mail(1).id)]);
    assert_eq!(header(&mails[0], "Subject"), Some("Alert: Downtown Bangor: 6 overdoses in 72 hours; 1.2 are usual"));
    assert_eq!(header(&mails[0], "Auto-Submitted"), Some("auto-generated"));
    assert!(mails[0].contains("Number 1."));
    assert_eq!(house.deliver().await, Delivered::default(), "what was sent is not sent again");
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_comes_again_under_the_same_message_id() {
    let server = SmtpServer::start(0).await;
    server.refuse_once(Step::EndOfData, "451 try again later");
    let house = House::new().await.with_mail(server.port);
    house.queue(&[mail(1)]).await;
    assert_eq!(house.deliver().await, Delivered { sent: 0, waiting: 1, failed: 0 });
    assert_eq!(house.deliver().await, Delivered::default(), "not before its time");
    house.clock.advance(Duration::minutes(1));
    assert_eq!(house.deliver().await, Delivered { sent: 1, waiting: 0, failed: 0 });

    let read = server.read();
    assert_eq!(read.len(), 2, "the server saw both attempts");
    assert_eq!(message_ids(&read)[0], message_ids(&read)[1]);
    assert_eq!(server.accepted().len(), 1);
}

#[tokio::test]
async fn a_mailbox_that_does_not_exist_is_given_up_and_says_why() {
    let server = SmtpServer::start(0).await;
    server.refuse_once(Step::Rcpt, "550 no such user night@county.example.org");
    let house = House::new().await.with_mail(server.port);
    house.queue(&[mail(1), mail(2)]).await;
    assert_eq!(house.deliver().await, Delivered { sent: 1, waiting: 0, failed: 1 }, "the other one gets through");
    let messages = house.store.messages(&house.scope, 10).await.unwrap();
    let failed = messages.iter().find(|m| m.state == MessageState::Failed).unwrap();
    assert_eq!(failed.last_error.as_deref(), Some("the mail server answered 550"), "no address is kept");
}

#[tokio::test]
async fn a_refused_sign_in_is_tried_again_because_an_admin_can_mend_it() {
    let server = SmtpServer::start(0).await;
    server.refuse_once(Step::Rcpt, "530 authentication required");
    let house = House::new().await.with_mail(server.port);
    house.queue(&[mail(1)]).await;
    assert_eq!(house.deliver().await, Delivered { sent: 0, waiting: 1, failed: 0 });
}

#[tokio::test]
async fn mail_that_is_down_for_six_hours_loses_nothing_and_what_comes_late_says_so() {
    // Take a port and let it go, so that nothing answers there.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let house = House::new().await.with_mail(port);
    let mails: Vec<OutboxMessage> = (0..12).map(mail).collect();
    house.queue(&mails).await;
    assert_eq!(house.deliver_hourly(6).await, Delivered::default());

    let server = SmtpServer::start(port).await;
    assert_eq!(house.deliver_hourly(2).await, Delivered { sent: 12, waiting: 0, failed: 0 });
    let arrived = server.accepted();
    let mut ids = message_ids(&arrived);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((arrived.len(), ids.len()), (12, 12), "each once");
    for mail in &arrived {
        let subject = header(mail, "Subject").unwrap();
        assert!(subject.starts_with("[late, 6 h] ") || subject.starts_with("[late, 7 h] "), "{subject}");
        assert!(mail.contains("[late: written 2026-03-01 06:00 UTC"), "{mail}");
    }
    assert!(house.states().await.iter().all(|s| *s == MessageState::Sent));
}

/// HMAC-SHA256 from its definition (RFC 2104), so that the check shares no code with the product.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 64];
    block[..key.len()].copy_from_slice(key);
    let keyed = |pad: u8| block.map(|b| b ^ pad);
    let inner = Sha256::new().chain_update(keyed(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(keyed(0x5c)).chain_update(inner).finalize().to_vec()
}

#[tokio::test]
async fn a_webhook_is_signed_so_that_the_receiver_can_check_it_and_keeps_its_id() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(500)).up_to_n_times(1).mount(&server).await;
    Mock::given(method("POST")).and(path("/in")).respond_with(ResponseTemplate::new(202)).mount(&server).await;
    let house = House::new().await.with_webhooks();
    house.queue(&[hook(1, &format!("{}/in", server.uri()))]).await;
    assert_eq!(house.deliver().await, Delivered { sent: 0, waiting: 1, failed: 0 });
    house.clock.advance(Duration::minutes(1));
    assert_eq!(house.deliver().await, Delivered { sent: 1, waiting: 0, failed: 0 });

    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    let key = BASE64_STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let mut seen = Vec::new();
    for request in &requests {
        let value = |name: &str| request.headers.get(name).unwrap().to_str().unwrap().to_owned();
        let (id, timestamp) = (value("webhook-id"), value("webhook-timestamp"));
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", &request.body].concat();
        let expected = format!("v1,{}", BASE64_STANDARD.encode(hmac(&key, &signed)));
        assert_eq!(value("webhook-signature"), expected);
        seen.push((id, timestamp, request.body.clone()));
    }
    assert_eq!(seen[0].0, seen[1].0, "the id is that of the message");
    assert_eq!(seen[0].0, hook(1, "").id.to_string());
    assert_ne!(seen[0].1, seen[1].1, "the time is that of the attempt");
    assert_eq!(seen[0].2, seen[1].2);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server = MockServer::start().await;
    let elsewhere = format!("{}/secret", server.uri());
    Mock::given(path("/in"))
        .respond_with(ResponseTemplate::new(307).insert_header("location", elsewhere.as_str()))
        .mount(&server)
        .await;
    Mock::given(path("/secret")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let house = House::new().await.with_webhooks();
    house.queue(&[hook(1, &format!("{}/in", server.uri()))]).await;
    assert_eq!(house.deliver().await, Delivered { sent: 0, waiting: 1, failed: 0 });
    server.verify().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_not_asked_again() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(410)).expect(1).mount(&server).await;
    let house = House::new().await.with_webhooks();
    house.queue(&[hook(1, &server.uri())]).await;
    assert_eq!(house.deliver().await, Delivered { sent: 0, waiting: 0, failed: 1 });
    house.clock.advance(Duration::hours(2));
    assert_eq!(house.deliver().await, Delivered::default());
}

#[tokio::test]
async fn webhooks_that_are_down_for_three_days_lose_nothing() {
    let server = MockServer::start().await;
    let down = Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).mount_as_scoped(&server).await;
    let house = House::new().await.with_webhooks();
    let hooks: Vec<OutboxMessage> = (0..5).map(|n| hook(n, &server.uri())).collect();
    house.queue(&hooks).await;
    assert_eq!(house.deliver_hourly(72).await, Delivered::default());
    drop(down);
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).expect(5).mount(&server).await;
    assert_eq!(house.deliver_hourly(3).await, Delivered { sent: 5, waiting: 0, failed: 0 });
    server.verify().await;
}

#[tokio::test]
async fn a_receiver_that_never_comes_back_is_given_up_after_four_days() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let house = House::new().await.with_webhooks();
    house.queue(&[hook(1, &server.uri())]).await;
    assert_eq!(house.deliver_hourly(99).await, Delivered { sent: 0, waiting: 0, failed: 1 });
}

#[tokio::test]
async fn a_guarded_webhook_does_not_reach_the_own_network_by_name() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let message = hook(1, &url);
    let guarded = WebhookTransport::new(false).unwrap();
    let refused = guarded.send(&message, start()).await;
    assert!(refused.is_err());
    let knocked = tokio::time::timeout(std::time::Duration::from_millis(1), listener.accept()).await;
    assert!(knocked.is_err(), "nobody connected");
    // The same name with the guard open does connect, so the test above can fail.
    let open = WebhookTransport::new(true).unwrap();
    let (_, knocked) = tokio::join!(open.send(&message, start()), async {
        // Whoever connected is dropped at once, which ends the attempt.
        listener.accept().await.map(drop)
    });
    assert!(knocked.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_at_once_deliver_each_message_once() {
    let server = SmtpServer::start(0).await;
    let house = House::new().await.with_mail(server.port);
    let mails: Vec<OutboxMessage> = (0..60).map(mail).collect();
    house.queue(&mails).await;
    let (a, b) = tokio::join!(house.deliver(), house.deliver());
    assert_eq!(a.sent + b.sent, 60);
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for id in message_ids(&server.accepted()) {
        *times.entry(id.to_owned()).or_default() += 1;
    }
    assert_eq!(times.len(), 60);
    assert!(times.values().all(|n| *n == 1), "{times:?}");
}

#[tokio::test]
async fn a_worker_that_died_after_sending_leaves_a_repeat_that_can_be_recognised() {
    let server = SmtpServer::start(0).await;
    let house = House::new().await.with_mail(server.port);
    house.queue(&[mail(1)]).await;
    // The worker takes the message, the receiver gets it, and the worker dies before the mark.
    let claimed = house.store.claim_messages(&house.scope, house.clock.now(), LEASE, 10).await.unwrap();
    house.transports.send(&claimed[0], house.clock.now()).await.unwrap();
    assert_eq!(house.deliver().await, Delivered::default(), "nobody gets it while the lease lasts");
    house.clock.advance(LEASE);
    assert_eq!(house.deliver().await, Delivered { sent: 1, waiting: 0, failed: 0 });
    let mails = server.accepted();
    assert_eq!(mails.len(), 2);
    assert_eq!(message_ids(&mails)[0], message_ids(&mails)[1]);
}

#[tokio::test]
async fn queuing_the_same_messages_again_sends_nothing_twice() {
    let server = SmtpServer::start(0).await;
    let house = House::new().await.with_mail(server.port);
    house.queue(&[mail(1)]).await;
    house.queue(&[mail(1)]).await;
    assert_eq!(house.deliver().await.sent, 1);
    house.queue(&[mail(1), mail(2)]).await;
    assert_eq!(house.deliver().await.sent, 1);
    assert_eq!(server.accepted().len(), 2);
}
