//! Pages: an opaque cursor in the body and as `Link: rel="next"`.

use axum::{
    Json,
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

pub const DEFAULT_LIMIT: u32 = 100;
pub const MAX_LIMIT: u32 = 1000;

/// A page's size: 1 to 1,000, 100 when nothing is said.
pub fn limit(asked: Option<u32>) -> u32 {
    asked.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
}

/// The answer with its `Link`, where there is a next page.
pub fn page(body: impl Serialize, uri: &Uri, next: Option<&str>) -> Response {
    let mut response = Json(body).into_response();
    if let Some(next) = next
        && let Ok(link) = HeaderValue::from_str(&format!("<{}>; rel=\"next\"", next_address(uri, next)))
    {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

fn next_address(uri: &Uri, cursor: &str) -> String {
    let kept = uri.query().unwrap_or("").split('&').filter(|p| !p.is_empty() && !p.starts_with("cursor="));
    let mut pairs: Vec<String> = kept.map(str::to_owned).collect();
    pairs.push(format!("cursor={}", percent(cursor)));
    format!("{}?{}", uri.path(), pairs.join("&"))
}

fn percent(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_question_and_replaces_the_cursor() {
        let uri: Uri = "/api/v1/events?kind=overdose&cursor=old&limit=5".parse().unwrap();
        assert_eq!(next_address(&uri, "a/b="), "/api/v1/events?kind=overdose&limit=5&cursor=a%2Fb%3D");
    }

    #[test]
    fn a_page_is_never_empty_by_request_and_never_boundless() {
        assert_eq!([limit(None), limit(Some(0)), limit(Some(9_999_999))], [100, 1, 1000]);
    }
}
