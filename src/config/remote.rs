//! `[[geocoder.remote]]`: geocoders on other machines, asked about addresses that our own index does not know.
//!
//! Addresses of overdoses are sensitive, so nothing is asked unless an entry names the service *and* the sources
//! whose addresses it may see; there is no "all". Plain http is refused unless the service stands in the own network.
//!
//! To add a kind of service: a word in `domain::remote::RemoteKind`, its rules here, its file in `feeds/geocoders`.

use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::{ConfigError, Secret};
use crate::domain::{
    ids::{JurisdictionId, SourceId},
    remote::RemoteKind,
};

/// The public Nominatim's usage policy asks for at most one request a second of all users of a programme together
/// (operations.osmfoundation.org/policies/nominatim); what is fair to it is the default for every service.
const FAIR_PER_SECOND: f64 = 1.0;
/// The public server of OpenStreetMap, whose policy discourages lists of addresses.
const PUBLIC_NOMINATIM: &str = "nominatim.openstreetmap.org";

/// One of `[[geocoder.remote]]`; they are tried in the order in which they stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteSettings {
    pub kind: RemoteKind,
    /// Where the service stands, `https://geocode.example.org`; the protocol's own path is added.
    pub url: String,
    /// Whose addresses it may see. Required, and never empty.
    pub sources: Vec<SourceId>,
    /// Whose sources they are; needed where several jurisdictions of the database have one of that name.
    #[serde(default)]
    pub jurisdiction: Option<JurisdictionId>,
    /// Pelias only: the key of a hosted service.
    #[serde(default)]
    pub api_key: Option<Secret>,
    /// The `Authorization` header: `Bearer …`, `Basic …`.
    #[serde(default)]
    pub authorization: Option<Secret>,
    /// Requests a second at most, more than 0 up to 1,000; 1 where it is not set.
    #[serde(default)]
    pub per_second: Option<f64>,
    /// Two letters, `us`: answers of other countries are not asked for.
    #[serde(default)]
    pub country: Option<String>,
    /// Added to every address, which name their town only: `ME`.
    #[serde(default)]
    pub state: Option<String>,
    /// An e-mail or web address that is told to the service in the `User-Agent` header.
    #[serde(default)]
    pub contact: Option<String>,
    /// Whose data the answers are, as it stands on the page of data quality; known for the four kinds.
    #[serde(default)]
    pub attribution: Option<String>,
}

impl RemoteSettings {
    /// What its answers are kept under, and what people read: `nominatim geocode.example.org`.
    pub fn name(&self) -> String {
        let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
        format!("{} {}", self.kind, rest.trim_end_matches('/').to_ascii_lowercase())
    }

    /// The host, with its port where one is given.
    pub fn host(&self) -> &str {
        Address::parse(&self.url).map_or("", |a| a.authority)
    }

    pub fn is_https(&self) -> bool {
        Address::parse(&self.url).is_some_and(|a| a.https)
    }

    /// Whether it stands in the own network, by its name or number.
    pub fn is_inside(&self) -> bool {
        Address::parse(&self.url).is_some_and(|a| a.is_inside())
    }

    pub fn is_public_nominatim(&self) -> bool {
        self.host().eq_ignore_ascii_case(PUBLIC_NOMINATIM)
    }

    pub fn requests_per_second(&self) -> f64 {
        self.per_second.unwrap_or(FAIR_PER_SECOND)
    }

    pub fn credit(&self) -> &str {
        self.attribution.as_deref().unwrap_or(match self.kind {
            RemoteKind::Nominatim | RemoteKind::Photon => "© OpenStreetMap contributors, ODbL",
            RemoteKind::Pelias => "Pelias; its server names the owners of the data",
            RemoteKind::Census => "US Census Bureau, TIGER/Line",
        })
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let wrong =
            |key, found: String, expected| Err(ConfigError::Value { section: "geocoder.remote", key, found, expected });
        let Some(address) = Address::parse(&self.url) else {
            return wrong(
                "url",
                "(not shown)".into(),
                "expected https://host or https://host/path, without user name, question mark or hash",
            );
        };
        if !address.https && !address.is_inside() {
            return wrong(
                "url",
                format!("{:?}", self.url),
                "addresses would cross the internet unencrypted; expected https://…, or http:// to localhost or a private address",
            );
        }
        if self.sources.is_empty() {
            return wrong("sources", "[]".into(), "expected the sources whose addresses may leave, by name");
        }
        let rate = self.requests_per_second();
        if !(rate > 0.0 && rate <= 1_000.0) {
            return wrong("per_second", rate.to_string(), "expected more than 0 and at most 1000");
        }
        if self.is_public_nominatim() && rate > FAIR_PER_SECOND {
            return wrong("per_second", rate.to_string(), "expected at most 1, which this server's policy asks for");
        }
        if self.api_key.is_some() && self.kind != RemoteKind::Pelias {
            return wrong("api_key", "(set)".into(), "only pelias takes one; others take `authorization`");
        }
        let letters = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
        if let Some(country) = self.country.as_deref().filter(|c| !letters(c)) {
            return wrong("country", format!("{country:?}"), "expected two letters such as \"us\"");
        }
        let told =
            [("authorization", self.authorization.as_ref().map(Secret::expose)), ("contact", self.contact.as_deref())];
        for (key, text) in told {
            if text.is_some_and(|t| t.is_empty() || !t.bytes().all(|b| (b' '..=b'~').contains(&b))) {
                return wrong(key, "(not shown)".into(), "expected plain text on one line");
            }
        }
        if self.state.as_deref().is_some_and(|s| s.trim().is_empty() || s.len() > 40) {
            return wrong("state", format!("{:?}", self.state), "expected a state such as \"ME\"");
        }
        Ok(())
    }
}

/// Every entry by itself, and no service twice: its pace would be kept twice, too.
pub(super) fn validate_all(entries: &[RemoteSettings]) -> Result<(), ConfigError> {
    for (i, entry) in entries.iter().enumerate() {
        entry.validate()?;
        if entries[..i].iter().any(|e| e.name() == entry.name()) {
            return Err(ConfigError::Value {
                section: "geocoder.remote",
                key: "url",
                found: format!("{:?}", entry.url),
                expected: "the service stands here twice; expected one entry with all its sources",
            });
        }
    }
    Ok(())
}

/// A URL of the few characters in which no two readers of it can differ.
struct Address<'a> {
    https: bool,
    authority: &'a str,
    host: &'a str,
}

impl<'a> Address<'a> {
    fn parse(url: &'a str) -> Option<Self> {
        let (https, rest) = match url.split_once("://")? {
            ("https", rest) => (true, rest),
            ("http", rest) => (false, rest),
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%+,".contains(&b);
        if !path.bytes().all(plain) {
            return None;
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, behind) = v6.split_once(']')?;
                host.parse::<Ipv6Addr>().ok()?;
                (host, behind.strip_prefix(':').or(behind.is_empty().then_some("0"))?)
            }
            None => authority.split_once(':').unwrap_or((authority, "0")),
        };
        port.parse::<u16>().ok()?;
        let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        (named || authority.starts_with('[')).then_some(Self { https, authority, host })
    }

    /// By number, or by a name that means nothing outside: names of one word and those that are set aside for own
    /// networks (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`).
    fn is_inside(&self) -> bool {
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return is_private(ip);
        }
        let host = self.host.to_ascii_lowercase();
        let host = host.trim_end_matches('.');
        // "0x1020304" and "16909060" are numbers that look like names.
        let last = host.rsplit('.').next().unwrap_or("");
        if last.is_empty() || !last.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return false;
        }
        !host.contains('.') || ["localhost", "local", "internal"].contains(&last) || host.ends_with(".home.arpa")
    }
}

/// Whether an address belongs to this machine or the own network.
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_private(IpAddr::V4(v4)),
            None => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(url: &str) -> RemoteSettings {
        RemoteSettings {
            kind: RemoteKind::Nominatim,
            url: url.into(),
            sources: vec![SourceId::new("ems").unwrap()],
            jurisdiction: None,
            api_key: None,
            authorization: None,
            per_second: None,
            country: None,
            state: None,
            contact: None,
            attribution: None,
        }
    }

    #[test]
    fn plain_http_is_for_the_own_network_only() {
        for inside in [
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://10.1.2.3/nominatim",
            "http://192.168.1.20:3000/",
            "http://[::1]:4000",
            "http://[fd00::7]",
            "http://nominatim:8080",
            "http://geo.county.internal",
            "https://geocode.example.org/v2",
        ] {
            assert!(entry(inside).validate().is_ok(), "{inside}");
        }
        for outside in [
            "http://geocode.example.org",
            "http://8.8.8.8",
            "http://172.32.0.1",
            "http://[2606:4700::1111]",
            "http://16909060",
            "http://0x1020304",
            "http://1.2.3",
            "http://localhost.example.org",
        ] {
            let why = entry(outside).validate().unwrap_err().to_string();
            assert!(why.contains("unencrypted"), "{outside}: {why}");
        }
    }

    #[test]
    fn an_address_that_could_be_read_in_two_ways_is_none() {
        for bad in [
            "ftp://h",
            "https://",
            "https://user:secret@h",
            "http://localhost\\@evil.example",
            "http://localhost#@evil.example",
            "https://h?key=s3cret",
            "https://h:99999",
            "https://[::1",
            "https://a b",
            "geocode.example.org",
        ] {
            let why = entry(bad).validate().unwrap_err().to_string();
            assert!(
                why.contains("expected https://host") && !why.contains("secret") && !why.contains("s3cret"),
                "{why}"
            );
        }
    }

    #[test]
    fn what_a_service_may_not_be_told_is_refused() {
        let base = entry("https://h");
        let pelias = RemoteSettings { kind: RemoteKind::Pelias, api_key: Some(Secret::new("k")), ..base.clone() };
        assert!(pelias.validate().is_ok());
        for (bad, part) in [
            (RemoteSettings { sources: vec![], ..base.clone() }, "the sources whose addresses may leave"),
            (RemoteSettings { per_second: Some(0.0), ..base.clone() }, "more than 0"),
            (RemoteSettings { per_second: Some(f64::NAN), ..base.clone() }, "more than 0"),
            (RemoteSettings { api_key: Some(Secret::new("k")), ..base.clone() }, "only pelias"),
            (RemoteSettings { country: Some("usa".into()), ..base.clone() }, "two letters"),
            (RemoteSettings { contact: Some("a\nb".into()), ..base.clone() }, "one line"),
            (RemoteSettings { authorization: Some(Secret::new("s3cret\n")), ..base }, "one line"),
            (
                RemoteSettings { per_second: Some(2.0), ..entry("https://nominatim.openstreetmap.org") },
                "this server's policy",
            ),
        ] {
            let why = bad.validate().unwrap_err().to_string();
            assert!(why.contains(part) && !why.contains("s3cret"), "{why}");
        }
        let twice = [entry("https://h/"), entry("https://H")];
        assert!(validate_all(&twice).unwrap_err().to_string().contains("stands here twice"));
    }
}
