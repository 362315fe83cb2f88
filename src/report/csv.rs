//! CSV that a spreadsheet opens without running anything.
//!
//! RFC 4180 with CRLF line ends. A text cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage
//! return gets a leading apostrophe, because spreadsheets take such cells for formulas (OWASP, "CSV
//! injection"). Numbers are written by [`Csv::number`] and keep their sign.

/// A table under construction.
#[derive(Debug, Clone, Default)]
pub struct Csv {
    text: String,
    at_row_start: bool,
}

impl Csv {
    /// Starts with the header row.
    pub fn with_header(columns: &[&str]) -> Self {
        let mut csv = Self { text: String::new(), at_row_start: true };
        for column in columns {
            csv.text(column);
        }
        csv.end_row();
        csv
    }

    pub fn text(&mut self, cell: &str) -> &mut Self {
        let safe = defused(cell);
        self.raw(&quoted(&safe))
    }

    /// A number with as many decimals as asked for; an empty cell for `None` and for what is not finite.
    pub fn number(&mut self, value: Option<f64>, decimals: usize) -> &mut Self {
        let cell = value.filter(|x| x.is_finite()).map(|x| format!("{x:.decimals$}"));
        self.raw(&cell.unwrap_or_default())
    }

    pub fn count(&mut self, value: Option<u64>) -> &mut Self {
        self.raw(&value.map(|n| n.to_string()).unwrap_or_default())
    }

    pub fn end_row(&mut self) {
        self.text.push_str("\r\n");
        self.at_row_start = true;
    }

    pub fn finish(self) -> String {
        self.text
    }

    fn raw(&mut self, cell: &str) -> &mut Self {
        if !self.at_row_start {
            self.text.push(',');
        }
        self.at_row_start = false;
        self.text.push_str(cell);
        self
    }
}

/// The cell with an apostrophe in front when a spreadsheet would take it for a formula.
pub fn defused(cell: &str) -> std::borrow::Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}").into() } else { cell.into() }
}

fn quoted(cell: &str) -> std::borrow::Cow<'_, str> {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\"")).into()
    } else {
        cell.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_numbers_keep_their_sign() {
        let mut csv = Csv::with_header(&["text", "number", "count"]);
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain", "a=b"] {
            csv.text(cell).number(Some(-1.25), 1).count(Some(3)).end_row();
        }
        let text = csv.finish();
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let cells: Vec<String> = reader.records().map(|r| r.unwrap()[0].to_owned()).collect();
        assert_eq!(cells, ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "plain", "a=b"]);
        assert!(text.contains(",-1.2,3\r\n"), "{text}");
    }

    #[test]
    fn quotes_commas_and_line_ends_survive() {
        let mut csv = Csv::with_header(&["a", "b"]);
        csv.text("say \"hi\", twice").text("two\nlines").end_row();
        csv.number(None, 2).number(Some(f64::NAN), 2).end_row();
        let text = csv.finish();
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        assert_eq!((&rows[0][0], &rows[0][1]), ("say \"hi\", twice", "two\nlines"));
        assert_eq!((&rows[1][0], &rows[1][1]), ("", ""));
    }
}
