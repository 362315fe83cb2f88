//! What was found out about a file before its first row: shown, so that a wrong guess is seen at once.

use serde::Serialize;

use super::decode::Encoding;

/// How the bytes are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Found {
    /// As a mapping's `[format] type` names it.
    pub format: &'static str,
    /// Of the text; not of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// What the encoding was found by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding_by: Option<FoundBy>,
    /// Of columns: one character, or `tab`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter_by: Option<FoundBy>,
    /// Whether fields in double quotation marks were seen near the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Row of the column names in the sheet, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// Sheets that are not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_sheets: Vec<String>,
    /// Element of one record of an XML document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    ByteOrderMark,
    /// The mapping says so.
    Mapping,
    /// The document's own declaration.
    Declaration,
    /// Found from the first lines.
    Content,
    /// Nothing spoke against the usual.
    Usual,
}

impl Found {
    /// One line for people: `csv, windows-1252 (by content), columns parted by ";"`.
    pub fn to_text(&self) -> String {
        let mut parts = vec![self.format.to_owned()];
        if let Some(encoding) = self.encoding {
            let by = match self.encoding_by {
                Some(FoundBy::ByteOrderMark) => " (byte-order mark)",
                Some(FoundBy::Content) => " (found by its bytes)",
                Some(FoundBy::Declaration) => " (declared by the document)",
                Some(FoundBy::Mapping | FoundBy::Usual) | None => "",
            };
            parts.push(format!("{}{by}", encoding.as_str()));
        }
        match self.delimiter.as_deref() {
            Some("tab") => parts.push("columns parted by tab".into()),
            Some(d) => parts.push(format!("columns parted by \"{d}\"")),
            None => {}
        }
        if self.quoted == Some(true) {
            parts.push("fields in quotation marks".into());
        }
        if let (Some(sheet), Some(row)) = (&self.sheet, self.header_row) {
            parts.push(format!("sheet \"{sheet}\" with its header in row {row}"));
        }
        if !self.other_sheets.is_empty() {
            parts.push(format!("not read: {}", self.other_sheets.join(", ")));
        }
        if let Some(record) = &self.record {
            parts.push(format!("records are <{record}>"));
        }
        parts.join(", ")
    }
}
