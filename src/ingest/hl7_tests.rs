use super::*;

fn messages(text: &str) -> Vec<Message> {
    let mut messages = Messages::new(text.as_bytes());
    let mut out = Vec::new();
    while let Some(m) = messages.next().unwrap() {
        out.push(m);
    }
    out
}

fn visit() -> String {
    format!(
        "MSH|^~\\&|ED|EMMC|HD|ME|20240501133000-0400||ADT^A08^ADT_A01|m-17|P|2.5.1\r\
         EVN||202405011330\rPID|1||mrn1^^^EMMC||DOE^JANE||19890702|F|||1 ELM ST^^BANGOR^ME^04401\r\
         PV1|1|E{}v-9{}20240501120500-0400\r\
         PV2|||^overdose \\T\\ fall\\.br\\found by bystander\r\
         DG1|1||T40.1X1A^Heroin^I10||20240501|A\rDG1|2||F11.20^Dependence^I10|||W\r\
         OBX|1|TX|8661-1^Chief complaint^LN||OD||||||F\r",
        "|".repeat(17),
        "|".repeat(25)
    )
}

#[test]
fn fields_are_named_as_the_standard_counts_them() {
    let all = messages(&visit());
    assert_eq!(all.len(), 1);
    let fields = fields_of(&all[0]).unwrap();
    for (column, expected) in [
        ("message", "A08"),
        ("message_id", "m-17"),
        ("MSH-4", "EMMC"),
        ("PV1-19", "v-9"),
        ("PV1-44", "20240501120500-0400"),
        ("PID-8", "F"),
        ("PID-11.5", "04401"),
        ("age", "34"),
        ("DG1-3", "T40.1X1A|F11.20"),
        ("DG1-3.2", "Heroin|Dependence"),
        ("DG1-3+DG1-6", "T40.1X1A+A|F11.20+W"),
        ("PV2-3.2", "overdose & fall found by bystander"),
        ("OBX-3+OBX-5", "8661-1+OD"),
        ("PV1-50", ""),
    ] {
        assert_eq!(fields.column(column), expected, "{column}");
    }
}

#[test]
fn messages_are_found_in_batches_and_transport_bytes_with_any_end_of_line() {
    let one = "MSH|^~\\&|A\rPID|1\r";
    let two = "MSH|^~\\&|B\rPV1|1\r";
    for text in [
        format!("{one}{two}"),
        format!("\u{b}{one}\u{1c}\r\u{b}{two}\u{1c}\r"),
        format!("FHS|^~\\&\rBHS|^~\\&\r{one}{two}BTS|2\rFTS|1\r"),
        format!("{one}{two}").replace('\r', "\n"),
        format!("{one}\r{two}\r").replace('\r', "\r\n"),
    ] {
        let found: Vec<Vec<String>> = messages(&text)
            .into_iter()
            .map(|m| m.segments.into_iter().map(|s| String::from_utf8(s).unwrap()).collect())
            .collect();
        assert_eq!(found, [["MSH|^~\\&|A", "PID|1"], ["MSH|^~\\&|B", "PV1|1"]], "{text:?}");
    }
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    for end in ["\r", "\n", "\r\n"] {
        let text = ["MSH|^~\\&|A", "PID|1", "MSH|^~\\&|B", "PID|1"].join(end);
        assert_eq!(messages(&text).iter().map(|m| m.line).collect::<Vec<_>>(), [1, 3], "{end:?}");
    }
}

#[test]
fn other_delimiters_are_those_of_the_message() {
    let all = messages("MSH#*!\\&#A\rDG1#1##T40.1X1A*Heroin!F11.20#\r");
    assert_eq!(fields_of(&all[0]).unwrap().column("DG1-3"), "T40.1X1A|F11.20");
}

#[test]
fn escapes_are_undone_once() {
    let marks = Marks::of("MSH|^~\\&|").unwrap();
    assert_eq!(marks.plain("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f"), "a|b^c&d~e\\f");
    assert_eq!(marks.plain("\\X414243\\ \\.sp\\x \\H\\bold\\N\\"), "ABC  x  bold ");
    assert_eq!(marks.plain("c:\\temp"), "c:\\temp");
}

#[test]
fn a_broken_message_is_told_without_its_content_and_its_neighbours_are_read() {
    let all = messages("PID|1||||DOE\rMSH|^~\\&|A\rMSH|||\rMSH|^~\\&|B\r");
    let told: Vec<Result<String, String>> = all.iter().map(|m| fields_of(m).map(|f| f.column("MSH-3"))).collect();
    assert_eq!(told[1], Ok("A".into()));
    assert_eq!(told[3], Ok("B".into()));
    for broken in [&told[0], &told[2]] {
        assert!(broken.as_ref().is_err_and(|e| !e.contains("DOE")), "{broken:?}");
    }
}

#[test]
fn an_endless_message_is_given_up_and_the_next_is_read() {
    let text = format!("MSH|^~\\&|A\r{}MSH|^~\\&|B\r", format!("OBX|{}\r", "x".repeat(200_000)).repeat(30));
    let all = messages(&text);
    assert_eq!(all.iter().map(|m| m.too_long).collect::<Vec<_>>(), [true, false]);
    assert!(all[0].segments.iter().map(Vec::len).sum::<usize>() <= LONGEST_MESSAGE);
}
