use super::*;

fn all(text: &str) -> Result<Vec<(u64, String, bool)>, String> {
    let mut records = XmlRecords::new(text.as_bytes(), "R");
    let mut out = Vec::new();
    loop {
        match records.next() {
            Ok(Some(r)) => out.push((r.line, String::from_utf8(r.bytes).unwrap(), r.cut)),
            Ok(None) => return Ok(out),
            Err(XmlFault::Refused(line, why)) => return Err(format!("{line}: {why}")),
            Err(XmlFault::Io(e)) => panic!("{e}"),
        }
    }
}

#[test]
fn records_are_cut_out_of_a_document_whatever_stands_around_them() {
    let text = "<?xml version=\"1.0\"?>\n<Set xmlns:n='u'><Header><!-- <R> no --><a>1</a>\n<n:R id='>'><x>1</x></n:R><R/>\n<R><![CDATA[</R>]]></R></Header></Set>";
    let found = all(text).unwrap();
    let texts: Vec<&str> = found.iter().map(|(_, t, _)| t.as_str()).collect();
    assert_eq!(texts, ["<n:R id='>'><x>1</x></n:R>", "<R/>", "<R><![CDATA[</R>]]></R>"]);
    assert_eq!(found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [3, 3, 4]);
}

#[test]
fn a_record_without_its_end_costs_itself_only() {
    let found = all("<S><R><x>1</x><R><x>2</x></R><R><x").unwrap();
    assert_eq!(found.iter().map(|(.., cut)| *cut).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(found[1].1, "<R><x>2</x></R>");
}

#[test]
fn a_document_type_and_a_document_without_records_are_refused() {
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY a \"aaaa\">]><S><R>&a;</R></S>";
    assert_eq!(
        all(bomb).unwrap_err(),
        "2: the document declares a document type (DOCTYPE); such documents are refused"
    );
    let other = all("<dEMSDataSet><x/></dEMSDataSet>").unwrap_err();
    assert!(other.contains("no <R> was found; the document is a <dEMSDataSet>"), "{other}");
    assert!(all("a,b\n1,2\n").unwrap_err().contains("this is not XML"));
}

#[test]
fn an_endless_record_is_given_up_and_the_next_is_read() {
    let text = format!("<S><R><x>{}</x></R><R><x>1</x></R></S>", "y".repeat(LONGEST_RECORD + 10));
    let mut records = XmlRecords::new(text.as_bytes(), "R");
    let Ok(Some(first)) = records.next() else { panic!("no record") };
    assert!(first.too_long && first.bytes.len() <= LONGEST_RECORD);
    let Ok(Some(second)) = records.next() else { panic!("no second record") };
    assert_eq!(second.bytes, b"<R><x>1</x></R>");
}

#[test]
fn fields_are_lists_by_name_and_pairs_by_group() {
    let record = r#"<R UUID="u1"><eTimes><eTimes.03>2024-05-01T10:00:00-04:00</eTimes.03><eTimes.01 NV="7701003"/></eTimes>
        <eSituation><eSituation.12>F11.20</eSituation.12><eSituation.12>T40.1X1A</eSituation.12></eSituation>
        <eMedications><G><eMedications.03>7242</eMedications.03><eMedications.07>9916003</eMedications.07></G>
        <G><eMedications.03>2601</eMedications.03><eMedications.07>9916001</eMedications.07></G>
        <G><eMedications.03 PN="8801019">7242</eMedications.03></G></eMedications>
        <note>a &amp; b &#x41; | <![CDATA[<c>]]></note></R>"#;
    let fields = fields_of(record).unwrap();
    for (column, expected) in [
        ("@UUID", "u1"),
        ("eTimes.03", "2024-05-01T10:00:00-04:00"),
        ("eTimes.01", ""),
        ("eTimes.01@NV", "7701003"),
        ("eSituation.12", "F11.20|T40.1X1A"),
        ("eMedications.03", "7242|2601"),
        ("eMedications.03@PN", "8801019"),
        ("eMedications.03+eMedications.07", "7242+9916003|2601+9916001"),
        ("note", "a & b A ¦ <c>"),
        ("absent", ""),
    ] {
        assert_eq!(fields.column(column), expected, "{column}");
    }
}

#[test]
fn what_a_record_may_not_be_is_told_without_its_content() {
    for (record, why) in [
        ("<R><name>Jane</R>".to_owned(), "not well-formed"),
        ("<R><a>&jane;</a></R>".to_owned(), "an entity that XML does not define"),
        (format!("<R>{}", "<a>".repeat(100)), "nested deeper than 64"),
        ("<R><a b='1' b></a></R>".to_owned(), "an attribute of <a>"),
    ] {
        let error = fields_of(&record).unwrap_err();
        assert!(error.contains(why) && !error.to_lowercase().contains("jane"), "{error}");
    }
}
