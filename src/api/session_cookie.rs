//! The cookie that holds a session's token.
//!
//! Over https it is `__Host-emberwatch` (`Secure`, no `Domain`, `Path=/`), which no other host and no
//! plain page can set. Over plain http on this machine browsers refuse `Secure`, so it is `emberwatch`.
//! Always `HttpOnly` and `SameSite=Lax`: a link from an e-mail finds the reader signed in, a form on
//! another site does not.

use axum::http::{HeaderMap, HeaderValue, header};

pub fn name(https: bool) -> &'static str {
    if https { "__Host-emberwatch" } else { "emberwatch" }
}

/// The token that the request carries.
pub fn read(headers: &HeaderMap, https: bool) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name(https)).then_some(value))
        .filter(|v| !v.is_empty())
}

pub fn set(token: &str, https: bool, max_age_seconds: i64) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let text = format!("{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}{secure}", name(https));
    HeaderValue::from_str(&text).ok()
}

pub fn clear(https: bool) -> Option<HeaderValue> {
    set("", https, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_only_by_its_right_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; emberwatch=plain; __Host-emberwatch=secure"));
        assert_eq!(read(&headers, false), Some("plain"));
        assert_eq!(read(&headers, true), Some("secure"));
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host() {
        let text = set("t", true, 60).unwrap();
        assert_eq!(text, "__Host-emberwatch=t; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
        assert_eq!(clear(false).unwrap(), "emberwatch=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }
}
