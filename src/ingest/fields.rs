//! A record whose fields may come many times over (XML, HL7), and how a mapping names them.
//!
//! A column name is the field's own (`eSituation.11`, `PV1-44`). A field that came several times is a
//! list of texts parted by [`BAR`]; conditions read such a list with `each = "|"`. `a+b` is the list of
//! the pairs of fields that stand in the same group: `eMedications.03+eMedications.07` tells which drug
//! had which effect, where two separate lists could not.

/// Between the entries of a list. One inside a text becomes a broken bar.
pub(super) const BAR: char = '|';

/// One field that came.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub name: String,
    /// Number of the group it stands in, within its record.
    pub group: u32,
    pub text: String,
}

/// Everything that one record says, in its order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields(pub Vec<Field>);

impl Fields {
    pub(super) fn push(&mut self, name: &str, group: u32, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(BAR, "¦");
        self.0.push(Field { name: name.to_owned(), group, text });
    }

    /// What a column holds: nothing, a text, or a list.
    pub(super) fn column(&self, name: &str) -> String {
        let parts: Vec<&str> = name.split('+').map(str::trim).collect();
        let texts: Vec<String> = match parts[..] {
            [one] => self.0.iter().filter(|f| f.name == one && !f.text.is_empty()).map(|f| f.text.clone()).collect(),
            _ => self.together(&parts),
        };
        texts.join(&BAR.to_string())
    }

    /// For each group that holds any of the fields, their texts joined by `+`; a field it lacks is empty.
    fn together(&self, names: &[&str]) -> Vec<String> {
        let mut groups: Vec<u32> =
            self.0.iter().filter(|f| names.contains(&f.name.as_str()) && !f.text.is_empty()).map(|f| f.group).collect();
        groups.sort_unstable();
        groups.dedup();
        let text = |group: u32, name: &str| {
            let of_group = self.0.iter().find(|f| f.group == group && f.name == name);
            of_group.map_or("", |f| f.text.as_str())
        };
        groups.iter().map(|g| names.iter().map(|n| text(*g, n)).collect::<Vec<_>>().join("+")).collect()
    }
}
