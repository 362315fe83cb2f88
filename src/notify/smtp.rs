//! E-mail over SMTP.
//!
//! Every attempt carries the same `Message-ID` (the outbox id at the sender's domain), so a receiver
//! that got a message whose sending we could not confirm can recognise the repeat. Messages about one
//! alert refer to one thread id and stand together in a mailbox.

use std::{fmt, time::Duration as StdDuration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox,
        header::{ContentType, Header, HeaderName, HeaderValue},
    },
};

use super::{SendError, SetupError, Transport, schedule::lateness};
use crate::domain::message::OutboxMessage;

/// Where mail is handed in, and in whose name.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    /// `smtp://user:password@host:port?tls=required` (STARTTLS), `smtps://…`, or plain `smtp://host:port`.
    pub url: String,
    /// `Emberwatch <alerts@example.org>`.
    pub from: String,
}

/// The password is in the URL.
impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings").field("url", &"…").field("from", &self.from).finish()
    }
}

/// Sends e-mail through one server, over a small pool of connections.
#[derive(Debug, Clone)]
pub struct SmtpTransport {
    mailer: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpTransport {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// When the URL or the sender cannot be read.
    pub fn new(settings: &SmtpSettings) -> Result<Self, SetupError> {
        let from = settings.from.parse().map_err(|_| SetupError::From)?;
        let mailer = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
            .map_err(|_| SetupError::SmtpUrl)?
            .timeout(Some(StdDuration::from_secs(20)))
            .build();
        Ok(Self { mailer, from })
    }

    fn letter(&self, message: &OutboxMessage, now: DateTime<Utc>) -> Result<Message, SendError> {
        let never = |why: &str| SendError::Never(why.to_owned());
        let to: Mailbox =
            message.target.parse().map_err(|_| never("the subscription's address is not a mail address"))?;
        let domain = self.from.email.domain();
        let (subject, body) = as_of_now(message, now);
        let mut letter = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .date(now.into())
            .message_id(Some(format!("<{}@{domain}>", message.id)))
            .header(ContentType::TEXT_PLAIN)
            .header(AutoSubmitted);
        if let Some(alert) = message.alert {
            letter = letter.references(format!("<alert.{alert}@{domain}>"));
        }
        letter.body(body).map_err(|_| never("the message cannot be written as an e-mail"))
    }
}

/// Subject and body, saying so when they are late.
fn as_of_now(message: &OutboxMessage, now: DateTime<Utc>) -> (String, String) {
    match lateness(message, now) {
        None => (message.subject.clone(), message.body.clone()),
        Some(late) => {
            let hours = late.num_hours();
            let written = message.created_at.format("%Y-%m-%d %H:%M UTC");
            let note = format!("[late: written {written}, could not be delivered for {hours} h]");
            (format!("[late, {hours} h] {}", message.subject), format!("{note}\n\n{}", message.body))
        }
    }
}

#[async_trait]
impl Transport for SmtpTransport {
    async fn send(&self, message: &OutboxMessage, now: DateTime<Utc>) -> Result<(), SendError> {
        let letter = self.letter(message, now)?;
        self.mailer.send(letter).await.map(drop).map_err(|e| judged(&e))
    }
}

/// Whether trying again makes sense. The server's own words may hold an address, so only its code is kept.
fn judged(error: &lettre::transport::smtp::Error) -> SendError {
    let Some(code) = error.status().map(u16::from) else {
        let why = match error {
            e if e.is_timeout() => "the mail server did not answer in time",
            e if e.is_tls() => "no secure connection to the mail server",
            e if e.is_response() => "the mail server's answer could not be read",
            _ => "the mail server cannot be reached",
        };
        return SendError::Later(why.to_owned());
    };
    let text = format!("the mail server answered {code}");
    // 530–538 are about our own sign-in, which an admin can mend: the message itself is fine.
    if error.is_permanent() && !(530..=538).contains(&code) { SendError::Never(text) } else { SendError::Later(text) }
}

/// Keeps vacation notices from being sent back (RFC 3834).
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_do_not_show_their_password() {
        let settings =
            SmtpSettings { url: "smtp://bob:hunter2@mail.example.org".into(), from: "Ember <a@example.org>".into() };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }

    #[test]
    fn settings_that_cannot_be_read_are_named() {
        let new = |url: &str, from: &str| SmtpTransport::new(&SmtpSettings { url: url.into(), from: from.into() });
        assert_eq!(new("http://mail", "a@example.org").unwrap_err(), SetupError::SmtpUrl);
        assert_eq!(new("smtp://mail", "nobody").unwrap_err(), SetupError::From);
    }
}
