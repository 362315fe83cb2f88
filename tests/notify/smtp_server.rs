//! A small SMTP server: speaks enough of RFC 5321 to take mail, and refuses when it is told to.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Where in the conversation to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Rcpt,
    /// After the whole message was received: its text is known to the server.
    EndOfData,
}

#[derive(Debug, Default)]
struct Seen {
    /// Messages whose receipt was confirmed.
    accepted: Vec<String>,
    /// Every message whose text arrived, confirmed or not.
    read: Vec<String>,
    commands: Vec<String>,
    refusals: Vec<(Step, &'static str)>,
}

#[derive(Debug, Clone)]
pub struct SmtpServer {
    pub port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl SmtpServer {
    /// Port 0 takes a free one.
    pub async fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let server = Self { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let seen = server.seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, seen.clone()));
            }
        });
        server
    }

    /// Refuse once at a step, with this answer. Refusals are used up in order.
    pub fn refuse_once(&self, step: Step, answer: &'static str) {
        self.seen.lock().unwrap().refusals.push((step, answer));
    }

    pub fn accepted(&self) -> Vec<String> {
        self.seen.lock().unwrap().accepted.clone()
    }

    pub fn read(&self) -> Vec<String> {
        self.seen.lock().unwrap().read.clone()
    }

    pub fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }
}

/// A header's value, from a message's text.
pub fn header<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    let head = message.split("\r\n\r\n").next()?;
    head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

async fn converse(stream: TcpStream, seen: Arc<Mutex<Seen>>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 test ESMTP\r\n").await?;
    let mut line = String::new();
    while lines.read_line(&mut line).await? > 0 {
        let command = line.trim_end().to_owned();
        line.clear();
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        seen.lock().unwrap().commands.push(command);
        let answer: String = match verb.as_str() {
            "EHLO" => "250-test\r\n250 8BITMIME\r\n".into(),
            "RCPT" => refusal(&seen, Step::Rcpt).unwrap_or("250 ok").to_owned() + "\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut text = String::new();
                while lines.read_line(&mut line).await? > 0 && line != ".\r\n" {
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    line.clear();
                }
                line.clear();
                let refused = refusal(&seen, Step::EndOfData);
                let mut seen = seen.lock().unwrap();
                seen.read.push(text.clone());
                if refused.is_none() {
                    seen.accepted.push(text);
                }
                refused.unwrap_or("250 taken").to_owned() + "\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "MAIL" | "RSET" | "NOOP" => "250 ok\r\n".into(),
            _ => "502 not known\r\n".into(),
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

fn refusal(seen: &Mutex<Seen>, step: Step) -> Option<&'static str> {
    let refusals = &mut seen.lock().unwrap().refusals;
    let at = refusals.iter().position(|(s, _)| *s == step)?;
    Some(refusals.remove(at).1)
}
