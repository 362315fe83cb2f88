//! The mappings of `data/mappings` against small invented files of each feed.

use super::*;
use crate::domain::{
    event::{EventKind, NaloxoneGiven, Outcome, Report, TimePrecision},
    place::Precision,
    quality::{Reject, RejectReason},
    time::Zone,
};

struct Read {
    reports: Vec<Report>,
    rejects: Vec<Reject>,
    taken_back: Vec<String>,
    not_cases: Vec<(String, u64)>,
}

fn read(bytes: &[u8], mapping: &str, format: Format) -> Read {
    let mapping = Mapping::parse(mapping, "m.toml").unwrap();
    let options = ReadOptions {
        now: "2024-06-01T12:00:00Z".parse().unwrap(),
        zone: "America/New_York".parse::<Zone>().unwrap(),
        others: Vec::new(),
    };
    let mut reader = Reader::open(bytes, &mapping, format, options).unwrap();
    let (mut reports, mut rejects, mut taken_back) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(item) = reader.next_item().unwrap() {
        match item {
            Item::Report(r) => reports.push(*r),
            Item::Reject(r) => rejects.push(*r),
            Item::TakenBack(t) => taken_back.push(t.record_id),
            Item::NotCase(_) => {}
        }
    }
    Read { reports, rejects, taken_back, not_cases: reader.not_cases() }
}

fn attribute<'r>(report: &'r Report, name: &str) -> &'r str {
    report.attributes.get(name).and_then(|v| v.as_str()).unwrap_or("")
}

fn definition(report: &Report) -> (&str, u32) {
    report.case.as_ref().map_or(("", 0), |c| (c.definition.as_str(), c.version))
}

const NEMSIS: &str = include_str!("../../data/mappings/nemsis-3.5-ems.toml");
const REPORTS: &[u8] = include_bytes!("../../tests/intake/fixtures/nemsis.xml");
const HL7: &str = include_str!("../../data/mappings/hl7-adt-ed.toml");

#[test]
fn patient_care_reports_are_cases_by_the_corrected_definition() {
    let found = read(REPORTS, NEMSIS, Format::Xml);
    let [heroin, dependence, improved, fatal] = &found.reports[..] else { panic!("{:#?}", found.reports) };
    assert!(found.reports.iter().all(|r| definition(r) == ("nemsis-opioid-overdose", 2)));
    assert_eq!(heroin.occurred_at, "2024-05-02T02:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!((heroin.naloxone, heroin.outcome), (NaloxoneGiven::Multiple, Outcome::Nonfatal));
    assert_eq!(heroin.place.point.map(|p| (p.lat(), p.lon())), Some((44.8016, -68.7712)));
    assert_eq!(heroin.place.stated_precision, Some(Precision::Range));
    assert_eq!((heroin.place.address.as_deref(), heroin.place.town.as_deref()), (Some("12 ELM STREET"), None));
    assert_eq!(["disposition", "sex", "age_band"].map(|a| attribute(heroin, a)), ["not transported", "male", "25-34"]);
    assert_eq!(dependence.occurred_at, "2024-05-02T13:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!((dependence.place.point, dependence.place.stated_precision), (None, None));
    assert_eq!((dependence.naloxone, improved.naloxone), (NaloxoneGiven::None, NaloxoneGiven::Single));
    assert_eq!(["disposition", "sex", "age_band"].map(|a| attribute(improved, a)), ["transported", "female", ""]);
    assert_eq!(fatal.outcome, Outcome::SuspectedFatal);
    // Naloxone that changed nothing, that was refused, and codes of later encounters and adverse effects.
    let not_cases: u64 = found.not_cases.iter().map(|(_, n)| n).sum();
    assert_eq!(not_cases, 6, "{:?}", found.not_cases);
    assert!(found.not_cases.contains(&("T40.1X5A".into(), 1)));
}

#[test]
fn a_report_that_cannot_be_read_waits_without_its_text() {
    let found = read(REPORTS, NEMSIS, Format::Xml);
    let [broken, place] = &found.rejects[..] else { panic!("{:#?}", found.rejects) };
    assert_eq!((broken.reason, place.reason), (RejectReason::Malformed, RejectReason::BadPoint));
    assert!(place.message.contains("swapped"), "{}", place.message);
    let kept = format!("{:?}{:?}", broken, place);
    assert!(!kept.contains("NOBODY") && !kept.contains("NEVER"), "{kept}");
    assert!(!format!("{broken:?}").contains("STREET"));
}

#[test]
fn names_are_refused_in_xml_and_hl7_as_everywhere() {
    for (column, format) in [("ePatient.02", "xml"), ("PID-5", "hl7"), ("PID-5.1", "hl7"), ("PID-7+PID-8", "hl7")] {
        let text = format!(
            "name = \"x\"\nkind = \"overdose\"\nformat = {{ type = \"{format}\" }}\n[time]\noccurred_at = \"t\"\n[attributes]\nwho = \"{column}\"\n"
        );
        let error = Mapping::parse(&text, "m.toml").expect_err(column).to_string();
        assert!(error.contains("is refused"), "{error}");
    }
}

/// A visit: trigger, minute of the message, visit number, diagnoses, chief complaint.
fn visit(trigger: &str, minute: u32, number: &str, diagnoses: &[&str], complaint: &str) -> String {
    let mut text = format!(
        "MSH|^~\\&|ED|GENERAL|HD|ME|202405011{minute:03}||ADT^{trigger}^ADT_A01|m{minute}|P|2.5.1\r\
         EVN||20240501120{minute:02}\rPID|1||1^^^G||NOBODY^NEVER||19890702|F|||1 ELM ST^^BANGOR^ME^04401-1234\r\
         PV1|1|E{}{number}{}20240501093000-0400\rPV2|||^{complaint}\r",
        "|".repeat(17),
        "|".repeat(25)
    );
    for (i, code) in diagnoses.iter().enumerate() {
        text += &format!("DG1|{}||{code}^x^I10|||F\r", i + 1);
    }
    text
}

#[test]
fn visits_are_cases_by_any_diagnosis_or_by_their_complaint() {
    let case = |diagnoses: &[&str], complaint: &str| {
        let found = read(visit("A04", 130, "v", diagnoses, complaint).as_bytes(), HL7, Format::Hl7);
        assert!(found.rejects.is_empty(), "{:?}", found.rejects);
        found.reports.first().map(|r| definition(r).0.to_owned())
    };
    let diagnosis = Some("cste-ed-drug-overdose-diagnosis".to_owned());
    let complaint = Some("ed-overdose-chief-complaint".to_owned());
    for code in ["T40.1X1A", "T401X1A", "T40.2X4", "T50.901A", "T36.91XA", "T43.622A", "T40.411A", "T39.1X3A"] {
        assert_eq!(case(&["I10", code], "fall"), diagnosis, "{code}");
    }
    for code in ["T40.1X5A", "T40.2X6A", "T40.1X1D", "T40.1X1S", "T36.95XA", "T51.0X1A", "F11.20", "T35.1X1A"] {
        assert_eq!(case(&[code], "fall"), None, "{code}");
    }
    for text in [
        "OVERDOSE",
        "possible OD, narcan given",
        "over-dosed on pills",
        "O.D. per EMS",
        "Unresponsive; overdose \\T\\ fall",
    ] {
        assert_eq!(case(&[], text), complaint, "{text}");
    }
    for text in ["eye pain OD", "denies overdose", "hx of overdose, here for refill", "ODd number", "body aches"] {
        assert_eq!(case(&[], text), None, "{text}");
    }
}

#[test]
fn a_visit_keeps_what_counts_and_nobodys_name() {
    let found = read(visit("A04", 130, "v9", &["T40.411A"], "OD").as_bytes(), HL7, Format::Hl7);
    let r = &found.reports[0];
    assert_eq!(r.occurred_at, "2024-05-01T13:30:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    assert_eq!(r.received_at, Some("2024-05-01T15:30:00Z".parse().unwrap()));
    assert_eq!((r.place.zip.as_deref(), r.place.address.as_deref()), (Some("04401"), None));
    assert_eq!(["sex", "age_band", "facility"].map(|a| attribute(r, a)), ["female", "25-34", "GENERAL"]);
    assert!(!format!("{r:?}").contains("NOBODY"));
}

#[test]
fn an_update_is_the_same_record_and_a_cancel_takes_it_back() {
    let text = visit("A04", 130, "v1", &[], "OD")
        + &visit("A08", 140, "v1", &["T40.1X1A"], "OD")
        + &visit("A11", 150, "v1", &[], "")
        + &visit("A31", 151, "v2", &["T40.1X1A"], "");
    let found = read(text.as_bytes(), HL7, Format::Hl7);
    let ids: Vec<&str> = found.reports.iter().map(|r| r.record_id.as_str()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(found.taken_back, [ids[0]]);
    assert_eq!(found.not_cases, [("A31".to_owned(), 1)], "a person's update is no visit");
}

#[test]
fn map_submissions_are_read_in_their_usual_spellings() {
    let csv = "id,date_time,latitude,longitude,city,fatal,naloxone,deleted\n\
               1,5/1/2024 10:30 PM,44.8,-68.77,Bangor,Non-Fatal,Multiple Doses,\n\
               2,2024-05-01T22:30:00Z,,,Bangor,fatal,No,\n3,05/02/2024 01:00,44.8,-68.77,Bangor,Unknown,unk,yes\n\
               4,05/02/2024 01:00,44.8,-68.77,Bangor,perhaps,single,no\n5,,,,,,,yes\n";
    let found = read(csv.as_bytes(), include_str!("../../data/mappings/odmap-style.toml"), Format::Csv);
    let seen: Vec<_> = found.reports.iter().map(|r| (r.outcome, r.naloxone, r.withdrawn)).collect();
    assert_eq!(
        seen,
        [
            (Outcome::Nonfatal, NaloxoneGiven::Multiple, false),
            (Outcome::SuspectedFatal, NaloxoneGiven::None, false),
            (Outcome::Unknown, NaloxoneGiven::Unknown, true),
        ]
    );
    assert_eq!(found.reports[0].occurred_at.to_rfc3339(), "2024-05-02T02:30:00+00:00");
    assert_eq!((found.rejects[0].line, found.rejects[0].field.as_deref()), (5, Some("fatal")));
    assert_eq!(found.taken_back, ["5"], "a notice may hold the id alone");
}

#[test]
fn deaths_are_opioid_deaths_drug_deaths_or_suspected() {
    let csv = "case_number,underlying_cause,other_causes,suspected_overdose,date_of_injury,date_of_death,injury_city,death_city,age,status\n\
               1,X42,T40.4; T43.6,,2024-03-01,2024-03-02,BANGOR,BANGOR,34,\n2,X44,T43.6,,,03/05/2024,,ORONO,70,\n\
               3,pending,,yes,,2024-05-01,,ORONO,,\n4,I25.1,T40.4,,,2024-05-01,,ORONO,,\n5,pending,,no,,2024-05-01,,ORONO,,\n\
               6,Y12,T40.6,,,2024-05-01,,ORONO,14,void\n";
    let found = read(csv.as_bytes(), include_str!("../../data/mappings/medical-examiner.toml"), Format::Csv);
    let seen: Vec<_> = found.reports.iter().map(|r| (definition(r).0, r.outcome, r.withdrawn)).collect();
    assert_eq!(
        seen,
        [
            ("icd10-opioid-overdose-death", Outcome::Fatal, false),
            ("icd10-drug-overdose-death", Outcome::Fatal, false),
            ("suspected-overdose-death", Outcome::SuspectedFatal, false),
            ("icd10-opioid-overdose-death", Outcome::Fatal, true),
        ]
    );
    let days: Vec<_> = found.reports.iter().map(|r| (r.event_day.to_string(), r.time_precision)).collect();
    assert_eq!(days[0], ("2024-03-01".into(), TimePrecision::Day));
    assert_eq!(days[1], ("2024-03-05".into(), TimePrecision::ReportedDay));
    assert_eq!(found.reports[1].place.town.as_deref(), Some("ORONO"));
    assert_eq!(
        found.reports.iter().map(|r| attribute(r, "age_band")).collect::<Vec<_>>(),
        ["25-34", "65+", "", "0-14"]
    );
    assert_eq!(found.not_cases, [("I25.1".into(), 1), ("pending".into(), 1)]);
}

#[test]
fn kits_reversals_and_encounters_are_read() {
    let kits = read(
        b"entry_id,date,town,kits,formulation,refill\n1,5/1/2024,Bangor,12,nasal 4 mg,yes\n2,2024-05-02,Orono,x,,\n",
        include_str!("../../data/mappings/naloxone-distribution.toml"),
        Format::Csv,
    );
    assert_eq!((kits.reports[0].kind, kits.reports[0].quantity), (EventKind::Naloxone, 12));
    assert_eq!(attribute(&kits.reports[0], "naloxone_use"), "distributed");
    assert_eq!(kits.rejects[0].field.as_deref(), Some("kits"));
    let reversals = read(
        b"report_id,date,area,outcome,doses,called_911\n1,05/01/2024 23:10,Bangor,Survived,2,no\n2,2024-05-02,Orono,died,,yes\n",
        include_str!("../../data/mappings/naloxone-reversal.toml"),
        Format::Csv,
    );
    let seen: Vec<_> = reversals.reports.iter().map(|r| (r.outcome, r.naloxone)).collect();
    assert_eq!(seen, [(Outcome::Nonfatal, NaloxoneGiven::Multiple), (Outcome::SuspectedFatal, NaloxoneGiven::Unknown)]);
    let contacts = read(
        b"encounter_id,date,area,contacted,people\n1,2024-05-02,Orono,survivor,1\n2,2024-05-03,Orono,family,3\n",
        include_str!("../../data/mappings/outreach-encounters.toml"),
        Format::Csv,
    );
    assert_eq!(contacts.reports.iter().map(|r| r.quantity).collect::<Vec<_>>(), [1, 3]);
    assert!(contacts.reports.iter().all(|r| r.kind == EventKind::Outreach));
}

#[test]
fn a_workbook_says_what_the_same_rows_say_as_csv_ndjson_and_geojson() {
    use super::xlsx::tests::{row, workbook};
    let text = "name = \"x\"\nrecord_id = \"id\"\nkind = \"overdose\"\n[time]\noccurred_at = { column = \"when\", formats = [\"%m/%d/%Y %H:%M\"] }\n[place]\nlatitude = \"latitude\"\nlongitude = \"longitude\"\nzip = \"zip\"\n[attributes]\nn = \"n\"\n";
    let csv = "id,when,latitude,longitude,zip,n\na,05/01/2024 13:45,44.8016,-68.77,04401,3\nb,05/02/2024 00:00,44.9,-68.7,10001,0.5\n";
    let book = workbook(
        &[
            row(1, &["Overdose log"]),
            row(3, &["id", "when", "latitude", "longitude", "zip", "n"]),
            row(4, &["a", "s2:45413.572916666664", "44.8016", "-68.77", "s3:4401", "3"]),
            row(6, &["b", "s2:45414", "44.9", "-68.7", "10001", "0.5"]),
        ]
        .concat(),
    );
    let ndjson = "{\"id\":\"a\",\"when\":\"05/01/2024 13:45\",\"latitude\":44.8016,\"longitude\":-68.77,\"zip\":\"04401\",\"n\":3}\n\
        {\"id\":\"b\",\"when\":\"05/02/2024 00:00\",\"latitude\":44.9,\"longitude\":-68.7,\"zip\":\"10001\",\"n\":0.5}\n";
    let geojson = "{\"type\":\"FeatureCollection\",\"features\":[\
        {\"type\":\"Feature\",\"id\":\"a\",\"properties\":{\"when\":\"05/01/2024 13:45\",\"zip\":\"04401\",\"n\":3},\"geometry\":{\"type\":\"Point\",\"coordinates\":[-68.77,44.8016]}},\
        {\"type\":\"Feature\",\"id\":\"b\",\"properties\":{\"when\":\"05/02/2024 00:00\",\"zip\":10001,\"n\":0.5},\"geometry\":{\"type\":\"Point\",\"coordinates\":[-68.7,44.9]}}]}";
    let expected = read(csv.as_bytes(), text, Format::Csv).reports;
    assert_eq!(expected.len(), 2);
    assert_eq!(read(&book, text, Format::Xlsx).reports, expected);
    assert_eq!(read(ndjson.as_bytes(), text, Format::Ndjson).reports, expected);
    assert_eq!(read(geojson.as_bytes(), text, Format::Geojson).reports, expected);
    let tsv = csv.replace(',', "\t");
    assert_eq!(read(tsv.as_bytes(), text, Format::Tsv).reports, expected);
}

#[test]
fn a_bad_cell_is_told_by_sheet_and_cell() {
    use super::xlsx::tests::{row, workbook};
    let book = workbook(
        &[
            row(1, &["event_id", "kind", "occurred_at", "latitude", "longitude"]),
            row(2, &["a", "overdose", "s1:45413", "#N/A", "-68.7"]),
            row(3, &["b", "overdose", "soon"]),
        ]
        .concat(),
    );
    let told: Vec<_> = read(&book, STANDARD, Format::Xlsx).rejects.into_iter().map(|r| (r.line, r.message)).collect();
    assert_eq!(told[0].0, 2);
    assert_eq!(told[0].1, "sheet \"Data\", cell D2: \"#N/A\" is not a coordinate; expected degrees such as 44.8016");
    assert!(told[1].1.starts_with("sheet \"Data\", cell C3: \"soon\" is not a time"), "{}", told[1].1);
}
