//! House numbers as they are written: "123", "123A", "12 1/2", "37-12", "N6W23001".
//!
//! Two kinds are more than a number. In Queens, Hawaii and Fair Lawn the part before the hyphen is the cross street:
//! "37-12" is number 3712 to everything that orders houses. In Wisconsin a number may name both lines of a county's
//! grid: of "N6W23001" the last part counts along the road. Elsewhere a hyphen joins the numbers of one building:
//! "150-152" begins at 150. Which of the two a question means is told by the index, see [`HouseNumber::first`].

use super::street::fnv;

/// A house number: what orders it, and what stands behind ("123 A", "12 1/2").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HouseNumber {
    pub value: u32,
    pub rest: String,
}

/// The rest of a number with a hyphen, whose two parts are in its value.
const HYPHEN: &str = "-";
const HYPHEN_CODE: u8 = 27;

impl HouseNumber {
    /// "123", "123A", "12-34" (as 1234 with the rest "-"), "12-3" (as 12 with the rest 3), "N6W23001" (as 23001 with
    /// the rest N6W).
    pub fn parse(word: &str) -> Option<Self> {
        if let Some((first, last)) = hyphened(word) {
            let shift = 10_u32.pow(last.len() as u32);
            let joined = first.parse::<u32>().ok()?.checked_mul(shift)?.checked_add(last.parse().ok()?)?;
            return Self::checked(joined, HYPHEN);
        }
        if let Some((line, along)) = of_grid(word) {
            return Self::checked(along, line);
        }
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let rest: String = word[digits..].chars().filter(|c| c.is_alphanumeric()).collect();
        let ordinal = matches!(rest.as_str(), "ST" | "ND" | "RD" | "TH");
        (!ordinal && (rest.len() <= 2 || rest.bytes().all(|b| b.is_ascii_digit()) && rest.len() <= 4))
            .then(|| Self::checked(word[..digits].parse().ok()?, &rest))
            .flatten()
    }

    /// The same with what stands apart from it: "12 1/2", "12 A".
    pub fn with_rest(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            Some((word, rest)) => {
                let rest = rest.chars().filter(|c| c.is_alphanumeric()).collect();
                Self::parse(word).map(|number| Self { rest, ..number })
            }
            None => Self::parse(text),
        }
    }

    fn checked(value: u32, rest: &str) -> Option<Self> {
        (1..=9_999_999).contains(&value).then(|| Self { value, rest: rest.to_owned() })
    }

    /// The first number of a building, if the hyphen of this word joins two: "150-152" → 150.
    pub fn first(word: &str) -> Option<Self> {
        let (first, last) = hyphened(word)?;
        let (low, high): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        (low < high).then(|| Self::checked(low, "")).flatten()
    }

    pub fn has_hyphen(&self) -> bool {
        self.rest == HYPHEN
    }

    /// One byte for the rest, so that 12A and 12B stay apart in a small record.
    pub(super) fn rest_code(&self) -> u8 {
        match self.rest.as_bytes() {
            [] => 0,
            [letter @ b'A'..=b'Z'] => letter - b'A' + 1,
            b"-" => HYPHEN_CODE,
            other => 28 + (fnv(other) % 228) as u8,
        }
    }

    pub(super) fn is_hyphen_code(code: u8) -> bool {
        code == HYPHEN_CODE
    }
}

/// Both parts of a number with a hyphen; what stands behind it has two to four digits.
fn hyphened(word: &str) -> Option<(&str, &str)> {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    word.split_once('-')
        .filter(|(a, b)| digits(a) && digits(b) && (1..=5).contains(&a.len()) && (2..=4).contains(&b.len()))
}

/// "N6W23001" → N6W and 23001, "W23001" → W and 23001.
fn of_grid(word: &str) -> Option<(&str, u32)> {
    let way = |b: Option<&u8>| matches!(b, Some(b'N' | b'S' | b'E' | b'W'));
    let bytes = word.as_bytes();
    let along = bytes.iter().rposition(|b| !b.is_ascii_digit())? + 1;
    let line = word.get(..along)?;
    let two = line.len() > 2
        && way(bytes.first())
        && way(bytes.get(along - 1))
        && bytes[1..along - 1].iter().all(u8::is_ascii_digit);
    let one = line.len() == 1 && way(bytes.first()) && bytes.len() >= 4;
    (two || one).then(|| word[along..].parse().ok()).flatten().map(|n| (line, n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(word: &str) -> Option<(u32, String)> {
        HouseNumber::parse(word).map(|n| (n.value, n.rest))
    }

    #[test]
    fn numbers_of_every_kind_keep_what_orders_them_and_what_tells_them_apart() {
        for (word, value, rest) in [
            ("123", 123, ""),
            ("123A", 123, "A"),
            ("12-3", 12, "3"),
            ("37-12", 3712, "-"),
            ("94-1234", 941_234, "-"),
            ("N6W23001", 23001, "N6W"),
            ("W229N1000", 1000, "W229N"),
            ("W2345", 2345, "W"),
        ] {
            assert_eq!(parsed(word), Some((value, rest.to_owned())), "{word}");
        }
        for word in ["", "0", "12TH", "N6", "N", "99999999999", "-", "W", "X1234", "é1"] {
            assert_eq!(parsed(word), None, "{word}");
        }
    }

    #[test]
    fn only_a_hyphen_between_a_lower_and_a_higher_number_joins_two_houses() {
        let first = |word| HouseNumber::first(word).map(|n| n.value);
        assert_eq!((first("150-152"), first("37-12"), first("150")), (Some(150), None, None));
    }

    #[test]
    fn rests_that_differ_have_different_bytes() {
        let code = |word| HouseNumber::parse(word).map(|n| n.rest_code());
        assert_eq!((code("12"), code("12A"), code("12-34")), (Some(0), Some(1), Some(27)));
        assert_ne!(code("N6W230"), code("N7W230"));
    }
}
