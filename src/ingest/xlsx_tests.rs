use std::io::{Cursor, Write};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

/// A workbook of one sheet from the XML of its rows. Style 1 is a date, 2 a date with its time, 3 a ZIP code,
/// 4 a time of day.
pub(in crate::ingest) fn workbook(rows: &str) -> Vec<u8> {
    workbook_of(&[("Data", rows)])
}

pub(in crate::ingest) fn workbook_of(sheets: &[(&str, &str)]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let mut types = format!(
        r#"<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>"#
    );
    let (mut list, mut relations) = (String::new(), String::new());
    for (i, (name, rows)) in sheets.iter().enumerate() {
        let n = i + 1;
        part(
            &format!("xl/worksheets/sheet{n}.xml"),
            &format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#),
        );
        types += &format!(
            r#"<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>"#
        );
        list += &format!(r#"<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>"#);
        relations +=
            &format!(r#"<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>"#);
    }
    part("[Content_Types].xml", &(types + "</Types>"));
    part(
        "_rels/.rels",
        &format!(
            r#"<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
        ),
    );
    part(
        "xl/workbook.xml",
        &format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{list}</sheets></workbook>"#),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &format!(
            r#"<Relationships xmlns="{PACKAGE}/relationships">{relations}<Relationship Id="rId99" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>"#
        ),
    );
    part(
        "xl/styles.xml",
        &format!(
            r#"<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="m/d/yyyy\ h:mm"/><numFmt numFmtId="165" formatCode="00000"/></numFmts><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs></styleSheet>"#
        ),
    );
    zip.finish().unwrap().into_inner()
}

/// Cells of a row: a number as it is, `s1:45413` with a style, other text inline.
pub(in crate::ingest) fn row(line: u32, cells: &[&str]) -> String {
    let mut out = format!(r#"<row r="{line}">"#);
    for (column, cell) in cells.iter().enumerate().filter(|(_, c)| !c.is_empty()) {
        let place = cell_name(column as u32, line);
        let styled = cell.strip_prefix('s').and_then(|c| c.split_once(':'));
        out += &match styled {
            Some((style, value)) if style.parse::<u8>().is_ok() => {
                format!(r#"<c r="{place}" s="{style}"><v>{value}</v></c>"#)
            }
            _ if cell.parse::<f64>().is_ok() => format!(r#"<c r="{place}"><v>{cell}</v></c>"#),
            _ => format!(r#"<c r="{place}" t="inlineStr"><is><t>{cell}</t></is></c>"#),
        };
    }
    out + "</row>"
}

fn all(bytes: &[u8], spec: &XlsxSpec, wanted: &[&str]) -> Result<(Sheet, Vec<(u32, String)>), IngestError> {
    let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
    let mut sheet = Sheet::read(bytes, spec, &wanted)?;
    let mut rows = Vec::new();
    loop {
        let mut texts: Vec<String> = Vec::new();
        let Some((line, _)) = sheet.next_row(|t| texts.push(t.to_owned())) else { break };
        rows.push((line, texts.join("|")));
    }
    Ok((sheet, rows))
}

#[test]
fn cells_read_as_a_person_sees_them() {
    let header = row(1, &["id", "when", "at", "zip", "lat", "n", "time"]);
    let book = workbook(&format!(
        "{header}{}{}",
        row(
            2,
            &["a", "s1:45413", "s2:45413.572916666664", "s3:4401", "44.801600000000001", "3", "s4:0.572916666666667"]
        ),
        row(5, &["b", "s1:45413.9", "s2:45414", "s3:10001", "0.30000000000000004", "12000000", "s4:0"]),
    ));
    let (sheet, rows) = all(&book, &XlsxSpec::default(), &[]).unwrap();
    assert_eq!((sheet.name.as_str(), sheet.header_row), ("Data", 1));
    assert_eq!(
        rows,
        [
            (2, "a|2024-05-01|2024-05-01 13:45:00|04401|44.8016|3|13:45:00".to_owned()),
            (5, "b|2024-05-01|2024-05-02 00:00:00|10001|0.3|12000000|00:00:00".to_owned()),
        ]
    );
}

#[test]
fn the_header_is_the_row_that_holds_the_names_the_mapping_asks_for() {
    let rows = [
        row(1, &["Overdose log, Penobscot County"]),
        row(2, &["printed", "s1:45413"]),
        row(4, &["No.", "Event_ID", "Kind"]),
        row(5, &["1", "a", "overdose"]),
    ];
    let book = workbook(&rows.concat());
    let (sheet, found) = all(&book, &XlsxSpec::default(), &["event_id", "kind"]).unwrap();
    assert_eq!((sheet.header_row, found), (4, vec![(5, "1|a|overdose".to_owned())]));
    let (sheet, _) = all(&book, &XlsxSpec { header_row: Some(2), ..XlsxSpec::default() }, &[]).unwrap();
    assert_eq!(sheet.header, ["printed", "2024-05-01"]);
}

#[test]
fn a_sheet_is_taken_by_its_name_and_the_others_are_told() {
    let rows = [row(1, &["a", "b"]), row(2, &["1", "2"])].concat();
    let book = workbook_of(&[("Cover", &rows), ("Log", &rows)]);
    let (sheet, _) = all(&book, &XlsxSpec { sheet: Some("Log".into()), ..XlsxSpec::default() }, &[]).unwrap();
    assert_eq!(sheet.others, ["Cover"]);
    let error = all(&book, &XlsxSpec { sheet: Some("log".into()), ..XlsxSpec::default() }, &[]).err().unwrap();
    assert_eq!(
        error.to_string(),
        r#"the workbook can't be read: there is no sheet "log"; the workbook has "Cover", "Log""#
    );
}

#[test]
fn what_is_no_workbook_is_told_in_one_line() {
    let error = |bytes: &[u8]| all(bytes, &XlsxSpec::default(), &[]).err().unwrap().to_string();
    assert!(error(b"").contains("empty"), "{}", error(b""));
    assert!(error(b"a,b\n1,2\n").starts_with("the workbook can't be read: it is no .xlsx file, or a damaged one ("));
    assert!(error(&[0xD0, 0xCF, 0x11, 0xE0, 0, 0]).contains("save it as an open .xlsx"));
    assert!(error(&workbook("")).contains("sheet \"Data\": it is empty"));
    let twice = row(1, &["a", "b", "a"]);
    assert!(error(&workbook(&twice)).contains("the column \"a\" stands twice in the header, in A1 and C1"));
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_parsed() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let zeros = vec![b' '; 1 << 20];
    zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    for _ in 0..(MOST_UNPACKED >> 20) + 1 {
        zip.write_all(&zeros).unwrap();
    }
    let bomb = zip.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    let error = all(&bomb, &XlsxSpec::default(), &[]).err().unwrap().to_string();
    assert!(error.contains("unpacks to more than 256 MiB"), "{error}");
}

#[test]
fn columns_are_lettered_as_a_sheet_letters_them() {
    assert_eq!([0, 25, 26, 701, 702].map(|c| cell_name(c, 7)), ["A7", "Z7", "AA7", "ZZ7", "AAA7"]);
}
