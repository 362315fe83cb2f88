//! The web app: the files of `web/dist`, built by `make web` and held in the binary.
//!
//! Files with a digest in their name never change and may be kept for ever; everything else is asked
//! for anew. An address that is no file and no API is the app's own (its pages are addresses too), so
//! it gets `index.html`. Without `web/dist` the service still builds and says what is missing.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Dist;

const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Emberwatch</title>\
    <h1>The web app is not in this build</h1><p>Run <code>make web</code> and build again. The API is at \
    <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p></html>";

/// Every address that no route answers.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if ["api/", "tiles/", "ogc/"].iter().any(|p| path.starts_with(p)) {
        return Problem::not_found().into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "Pages can only be read.").into_response();
    }
    if let Some(file) = Dist::get(path).filter(|_| !path.is_empty()) {
        return answer(path, &file, &headers);
    }
    // A missing file is missing; only addresses without an extension are pages of the app.
    if path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return Problem::not_found().into_response();
    }
    match Dist::get("index.html") {
        Some(file) => answer("index.html", &file, &headers),
        None => (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], MISSING).into_response(),
    }
}

fn answer(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    let keep = if has_digest(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == tag.as_bytes());
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let text = kind.type_() == "text" || kind.subtype() == "javascript";
    let kind = if text { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let body = if known { Body::empty() } else { Body::from(file.data.clone().into_owned()) };
    let status = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = (status, body).into_response();
    for (name, value) in [(header::CONTENT_TYPE, kind), (header::ETAG, tag), (header::CACHE_CONTROL, keep.to_owned())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// `assets/index-BZk3x_1a.js`: a name, a hyphen, eight characters of digest, an extension.
fn has_digest(path: &str) -> bool {
    let Some(name) = path.strip_prefix("assets/") else { return false };
    let stem = name.split('.').next().unwrap_or(name);
    stem.len() > 9
        && stem.is_char_boundary(stem.len() - 9)
        && stem[stem.len() - 9..].starts_with('-')
        && stem[stem.len() - 8..].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_digest_are_kept_for_ever() {
        assert!(has_digest("assets/index-BZk3x_1a.js"));
        assert!(!has_digest("index.html"));
        assert!(!has_digest("assets/logo.svg"));
        assert!(!has_digest("manifest-abcdefgh.json"));
    }
}
