//! A text that must not be printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A password, or a URL that may hold one. `Debug` and `Serialize` show that it is set, never what it is.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever opens the connection.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A URL without user name and password; any other text whole, when it has no `@`.
    pub fn without_password(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            return if self.0.contains('@') { "(hidden)".into() } else { self.0.clone() };
        };
        // Only the authority can hold a password, but a query may too (`?password=`): it is cut off.
        let rest = rest.split('?').next().unwrap_or(rest);
        let shown = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        format!("{scheme}://{shown}")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(set)")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str("(set)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::new("postgres://ann:hunter2@db.example.org/emberwatch?password=hunter3");
        assert_eq!(format!("{secret:?}"), "(set)");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"(set)\"");
        assert_eq!(secret.without_password(), "postgres://db.example.org/emberwatch");
        assert_eq!(Secret::new("emberwatch.db").without_password(), "emberwatch.db");
    }
}
