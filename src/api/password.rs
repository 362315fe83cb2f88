//! Passwords and other secrets: Argon2id for what people remember, SHA-256 for what is random already.
//!
//! Hashing takes tens of milliseconds by design, so it runs off the async workers, and only as many
//! at once as there are permits: signing in must not starve the rest.

use std::sync::{Arc, OnceLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Shortest and longest password that is taken, in characters (ASVS 2.1: at least 8, at least 64 allowed).
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

#[derive(Debug, Error)]
pub enum PasswordError {
    #[error("hashing a password failed")]
    Hash,
    #[error("the thread that hashes passwords died")]
    Thread,
}

/// The PHC string that the store keeps.
///
/// # Errors
/// When hashing fails, which only a machine without randomness or memory makes happen.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    Ok(Argon2::default().hash_password(password.as_bytes()).map_err(|_| PasswordError::Hash)?.to_string())
}

/// The same, off the async workers.
///
/// # Errors
/// As [`hash`].
pub async fn hash_async(password: String) -> Result<String, PasswordError> {
    let _permit = permits().acquire().await.map_err(|_| PasswordError::Thread)?;
    spawn_blocking(move || hash(&password)).await.map_err(|_| PasswordError::Thread)?
}

/// Whether the password is right. With no stored hash the same work is done, and the answer is no:
/// an unknown login takes as long as a wrong password.
///
/// # Errors
/// When the thread died.
pub async fn verify(password: String, stored: Option<String>) -> Result<bool, PasswordError> {
    let _permit = permits().acquire().await.map_err(|_| PasswordError::Thread)?;
    spawn_blocking(move || {
        // Made by whoever comes first, so that its making tells nothing about the login either.
        let decoy = decoy();
        let known = stored.is_some();
        let against = stored.unwrap_or_else(|| decoy.to_owned());
        Argon2::default().verify_password(password.as_bytes(), against.as_str()).is_ok() && known
    })
    .await
    .map_err(|_| PasswordError::Thread)
}

/// A hash that nobody's password has: what unknown logins are compared with.
fn decoy() -> &'static str {
    static DECOY: OnceLock<String> = OnceLock::new();
    DECOY.get_or_init(|| hash(&token("")).unwrap_or_default())
}

fn permits() -> &'static Arc<Semaphore> {
    static PERMITS: OnceLock<Arc<Semaphore>> = OnceLock::new();
    PERMITS.get_or_init(|| Arc::new(Semaphore::new(2)))
}

/// A password for a new account: 100 random bits in five groups that can be read out over a phone.
pub fn new_password() -> String {
    // 31 signs that are not mistaken for one another.
    const SIGNS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 20];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    let sign = |b: &u8| char::from(SIGNS[usize::from(*b) % SIGNS.len()]);
    bytes.chunks(4).map(|group| group.iter().map(sign).collect::<String>()).collect::<Vec<_>>().join("-")
}

/// 256 random bits as text, after a prefix.
pub fn token(prefix: &str) -> String {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_login_is_taken() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        assert!(verify("correct horse".into(), Some(stored.clone())).await.unwrap());
        assert!(!verify("wrong horse".into(), Some(stored)).await.unwrap());
        assert!(!verify("correct horse".into(), None).await.unwrap());
    }

    #[test]
    fn tokens_are_long_and_differ() {
        let (a, b) = (token("ew_"), token("ew_"));
        assert_ne!(a, b);
        assert_eq!(a.len(), 3 + 43);
        assert_ne!(token_hash(&a), token_hash(&b));
    }
}
