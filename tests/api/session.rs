//! Signing in and out, keys, and what guessing gets.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use chrono::Duration;
use emberwatch::{config::Config, domain::scope::Role};
use serde_json::json;

use crate::house::{ADMIN_KEY, House, PASSWORD};

fn sign_in(login: &str, password: &str) -> Request<Body> {
    let body = json!({ "login": login, "password": password }).to_string();
    Request::post("/api/v1/session").header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
}

fn with_cookie(method: Method, path: &str, cookie: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()
}

fn cookie_of(answer: &crate::house::Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap_or("").to_owned()
}

#[tokio::test]
async fn signing_in_opens_the_service_and_signing_out_closes_it_at_once() {
    let house = House::new().await;
    let answer = house.send(sign_in("Liaison", PASSWORD)).await.expect(200);
    assert!(answer.header("set-cookie").contains("HttpOnly; SameSite=Lax"), "{}", answer.header("set-cookie"));
    let me = answer.json();
    assert_eq!(me["user"]["role"], "liaison");
    assert_eq!(me["audience"], "aggregate");
    assert_eq!(me["jurisdiction"], json!({ "id": "me", "name": "Testland", "zone": "America/New_York" }));
    assert_eq!(me["user"]["catchment"], json!(["me-south"]));
    let cookie = cookie_of(&answer);
    house.send(with_cookie(Method::GET, "/api/v1/session", &cookie)).await.expect(200);
    house.send(with_cookie(Method::DELETE, "/api/v1/session", &cookie)).await.expect(204);
    house.send(with_cookie(Method::GET, "/api/v1/session", &cookie)).await.expect(401);
}

#[tokio::test]
async fn an_unknown_login_and_a_wrong_password_get_the_same_answer() {
    let house = House::new().await;
    let text = |answer: crate::house::Answer| {
        let mut body = answer.expect(401).json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let wrong = text(house.send(sign_in("liaison", "not the password")).await);
    let unknown = text(house.send(sign_in("nobody", "not the password")).await);
    assert_eq!(wrong, unknown);
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits() {
    let house = House::new().await;
    for _ in 0..5 {
        house.send(sign_in("analyst", "guess")).await.expect(401);
    }
    let answer = house.send(sign_in("analyst", PASSWORD)).await.expect(429);
    assert_eq!(answer.header("retry-after"), "900");
    house.clock.advance(Duration::minutes(15));
    house.send(sign_in("analyst", PASSWORD)).await.expect(200);
}

#[tokio::test]
async fn a_session_ends_with_its_hours_and_with_its_account() {
    let house = House::new().await;
    let cookie = cookie_of(&house.send(sign_in("analyst", PASSWORD)).await.expect(200));
    house.clock.advance(Duration::hours(11));
    house.send(with_cookie(Method::GET, "/api/v1/session", &cookie)).await.expect(200);
    house.clock.advance(Duration::hours(2));
    house.send(with_cookie(Method::GET, "/api/v1/session", &cookie)).await.expect(401);

    let cookie = cookie_of(&house.send(sign_in("analyst", PASSWORD)).await.expect(200));
    let body = json!({ "login": "analyst", "name": "A", "role": "analyst", "disabled": true });
    let key = format!("Bearer {ADMIN_KEY}");
    let disable = Request::post("/api/v1/users")
        .header(header::AUTHORIZATION, key)
        .header(header::CONTENT_TYPE, "application/json");
    house.send(disable.body(Body::from(body.to_string())).unwrap()).await.expect(200);
    house.send(with_cookie(Method::GET, "/api/v1/session", &cookie)).await.expect(401);
    house.send(sign_in("analyst", PASSWORD)).await.expect(401);
}

#[tokio::test]
async fn over_https_the_cookie_is_bound_to_the_host() {
    let mut config = Config::default();
    config.server.public_url = Some("https://emberwatch.example.org".into());
    let house = House::with(config).await;
    let answer = house.send(sign_in("liaison", PASSWORD)).await.expect(200);
    assert!(answer.header("set-cookie").starts_with("__Host-emberwatch="));
    assert!(answer.header("set-cookie").ends_with("; Secure"));
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
}

#[tokio::test]
async fn a_key_works_until_it_is_revoked_also_as_a_basic_password() {
    let house = House::new().await;
    let new = json!({ "name": "QGIS", "role": "analyst" });
    let made = house.post(Role::Admin, "/api/v1/api-keys", new).await.expect(201).json();
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("ew_") && key.len() == 46, "{key}");
    use base64::{Engine, engine::general_purpose::STANDARD};
    let basic = format!("Basic {}", STANDARD.encode(format!("anything:{key}")));
    let ask =
        |value: &str| Request::get("/api/v1/session").header(header::AUTHORIZATION, value).body(Body::empty()).unwrap();
    house.send(ask(&basic)).await.expect(200);
    house.send(ask(&format!("Bearer {key}"))).await.expect(200);
    let listed = house.get(Role::Admin, "/api/v1/api-keys").await.expect(200);
    assert!(!String::from_utf8_lossy(&listed.bytes).contains(key), "a key is shown once");
    let path = format!("/api/v1/api-keys/{}", made["info"]["id"].as_str().unwrap());
    house.send(house.request(Method::DELETE, Some(Role::Admin), &path, None)).await.expect(204);
    house.send(ask(&basic)).await.expect(401);
}

#[tokio::test]
async fn a_form_on_another_site_changes_nothing() {
    let house = House::new().await;
    let mut request = house.request(Method::DELETE, Some(Role::Admin), "/api/v1/session", None);
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().unwrap());
    house.send(request).await.expect(403);
    house.get(Role::Admin, "/api/v1/session").await.expect(200);
}

#[tokio::test]
async fn a_new_account_can_sign_in() {
    let house = House::new().await;
    let new = json!({ "login": "Kim@Example.org", "name": "Kim", "role": "liaison", "catchment": ["me-north"], "password": "long enough 1" });
    house.post(Role::Admin, "/api/v1/users", new.clone()).await.expect(201);
    let me = house.send(sign_in("kim@example.org", "long enough 1")).await.expect(200).json();
    assert_eq!(me["user"]["catchment"], json!(["me-north"]));
    let mut short = new.clone();
    short["password"] = json!("short");
    let refused = house.post(Role::Admin, "/api/v1/users", short).await.expect(422).json();
    assert_eq!(refused["errors"][0]["field"], "password");
    let mut nowhere = new;
    nowhere["catchment"] = json!(["nh-north"]);
    assert_eq!(
        house.post(Role::Admin, "/api/v1/users", nowhere).await.expect(422).json()["errors"][0]["field"],
        "catchment"
    );
}
