//! How a mapping says where one value comes from: a text, a word of a known list, a time.
//!
//! Each is either a short text or a table. They are read by hand and not as untagged enums, because then
//! every mistake inside a table would be told as "did not match any variant".

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::mapping::Condition;

/// A text of the row: a column, or a table with `column` (and `pattern`) or `constant`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextTable {
    pub column: Option<String>,
    /// A regular expression; its first named group (or else its first group) is the text.
    pub pattern: Option<String>,
    pub constant: Option<String>,
    /// Columns that are read, in this order, where the first is empty.
    #[serde(default)]
    pub or: Vec<String>,
    /// Text of the row (any case) → text to keep; others stay as they are.
    #[serde(default)]
    pub map: std::collections::BTreeMap<String, String>,
    /// The text is a number; kept is only its band: `[18, 25]` makes `0-17`, `18-24` and `25+`.
    #[serde(default)]
    pub bands: Vec<u32>,
    /// The column may be missing from a file.
    #[serde(default)]
    pub optional: bool,
}

#[derive(Debug, Clone)]
pub struct TextSpec(pub TextTable);

/// A word of a known list: a constant, or a table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordTable {
    pub constant: Option<String>,
    pub column: Option<String>,
    /// Text of the row (any case) → word. What the map lacks may be one of the words itself.
    #[serde(default)]
    pub map: std::collections::BTreeMap<String, String>,
    /// Looked at first: the word of the first rule whose conditions all hold.
    #[serde(default)]
    pub rules: Vec<WordRule>,
    /// For any other text. Without it such a row is quarantined.
    pub default: Option<String>,
    #[serde(default)]
    pub optional: bool,
}

/// Conditions on any columns, and the word they make.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRule {
    #[serde(rename = "where")]
    pub all: Vec<Condition>,
    pub is: String,
}

#[derive(Debug, Clone)]
pub struct WordSpec(pub WordTable);

/// A time of the row: a column, or a table.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeTable {
    /// Several columns (date, time) are joined by a space.
    #[serde(deserialize_with = "one_or_many")]
    pub column: Vec<String>,
    /// Columns that are read, in this order, where the first are empty.
    #[serde(default)]
    pub or: Vec<String>,
    pub pattern: Option<String>,
    /// `strftime` formats, `iso`, `unix` or `unix_ms`, tried in order; ISO 8601 where absent.
    #[serde(default)]
    pub formats: Vec<String>,
    #[serde(default)]
    pub optional: bool,
}

#[derive(Debug, Clone)]
pub struct TimeText(pub TimeTable);

/// A string, or a list of strings.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    struct OneOrMany;
    impl<'de> Visitor<'de> for OneOrMany {
        type Value = Vec<String>;
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("a column name or a list of column names")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_owned()])
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut out = Vec::new();
            while let Some(text) = seq.next_element()? {
                out.push(text);
            }
            Ok(out)
        }
    }
    d.deserialize_any(OneOrMany)
}

/// A table, or an array of tables.
pub(super) fn one_or_many_tables<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    struct OneOrMany<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("a table or a list of tables")
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut out = Vec::new();
            while let Some(one) = seq.next_element()? {
                out.push(one);
            }
            Ok(out)
        }
    }
    d.deserialize_any(OneOrMany(std::marker::PhantomData))
}

/// Read a string by `$from_text`, a table field by field.
macro_rules! text_or_table {
    ($name:ident, $table:ident, $expecting:literal, $from_text:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct TextOrTable;
                impl<'de> Visitor<'de> for TextOrTable {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        let from_text: fn(String) -> $table = $from_text;
                        Ok($name(from_text(text.to_owned())))
                    }
                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                        $table::deserialize(MapAccessDeserializer::new(map)).map($name)
                    }
                }
                d.deserialize_any(TextOrTable)
            }
        }
    };
}

text_or_table!(TextSpec, TextTable, "a column name, or a table with `column` or `constant`", |text| TextTable {
    column: Some(text),
    ..TextTable::default()
});
text_or_table!(WordSpec, WordTable, "a word, or a table with `column` and `map`", |text| WordTable {
    constant: Some(text),
    ..WordTable::default()
});
text_or_table!(TimeText, TimeTable, "a column name, or a table with `column`", |text| TimeTable {
    column: vec![text],
    ..TimeTable::default()
});
