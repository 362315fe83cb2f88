//! How far two spellings are apart, and how they sound.

/// Optimal string alignment distance (insert, delete, substitute, exchange neighbours), or `None` above `most`.
pub(super) fn distance(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    const LONGEST: usize = 64;
    if a.len() >= LONGEST || b.len() >= LONGEST {
        return (a == b).then_some(0);
    }
    // What both begin and end with takes no part.
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    // Within so few slips what is left begins and ends with one: it is as long as they are, or they stand far apart.
    if a.is_empty() || b.is_empty() {
        return Some(a.len().max(b.len())).filter(|d| *d <= most);
    }
    if most == 1 {
        let one = a.len() == 1 && b.len() == 1 || a.len() == 2 && b.len() == 2 && a[0] == b[1] && a[1] == b[0];
        return one.then_some(1);
    }
    let mut rows = [[0u8; LONGEST + 1]; 3];
    for (j, cell) in rows[1].iter_mut().enumerate().take(b.len() + 1) {
        *cell = j as u8;
    }
    for i in 1..=a.len() {
        let [before, last, now] = &mut rows;
        now[0] = i as u8;
        let mut least = i as u8;
        for j in 1..=b.len() {
            let same = u8::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(now[j - 1] + 1).min(last[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            now[j] = best;
            least = least.min(best);
        }
        if usize::from(least) > most {
            return None;
        }
        rows.rotate_left(1);
    }
    Some(usize::from(rows[1][b.len()])).filter(|d| *d <= most)
}

/// Whether two spellings differ in their digits: "10TH" and "16TH" are two streets, not one and a slip.
pub(super) fn digits_differ(a: &str, b: &str) -> bool {
    !a.bytes().filter(u8::is_ascii_digit).eq(b.bytes().filter(u8::is_ascii_digit))
}

/// How a name sounds: after Philips' Metaphone (1990), with vowels kept only at the beginning.
pub(super) fn sound(name: &str) -> String {
    let b: Vec<u8> = name.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let mut out = String::with_capacity(b.len());
    let at = |i: usize| b.get(i).copied().unwrap_or(b' ');
    let mut i = 0;
    while i < b.len() {
        let (c, next) = (b[i], at(i + 1));
        let (sound, used): (&str, usize) = match (c, next) {
            (b'P', b'H') => ("F", 2),
            (b'C', b'K') => ("K", 2),
            (b'S', b'C') if at(i + 2) == b'H' => ("SK", 3),
            (b'C', b'H') | (b'S', b'H') => ("X", 2),
            (b'K' | b'G' | b'P', b'N') if i == 0 => ("N", 2),
            (b'W', b'R') if i == 0 => ("R", 2),
            (b'G', b'H') => ("", 2),
            (b'T', b'H') => ("0", 2),
            (b'C', b'E' | b'I' | b'Y') => ("S", 1),
            (b'C' | b'Q', _) => ("K", 1),
            (b'G', b'E' | b'I' | b'Y') => ("J", 1),
            (b'D', b'G') => ("", 1),
            (b'Z', _) => ("S", 1),
            (b'X', _) => ("KS", 1),
            (b'V', _) => ("F", 1),
            (b'A' | b'E' | b'I' | b'O' | b'U' | b'Y', _) => (if i == 0 { "A" } else { "" }, 1),
            (b'H' | b'W', _) if i > 0 => ("", 1),
            _ => (std::str::from_utf8(&b[i..=i]).unwrap_or(""), 1),
        };
        // A doubled letter is one sound.
        if !(sound.len() == 1 && out.ends_with(sound) && !c.is_ascii_digit()) {
            out.push_str(sound);
        }
        i += used;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_of_any_kind_is_one_apart() {
        let d = |a: &str, b: &str| distance(a.as_bytes(), b.as_bytes(), 2);
        for other in ["MAIN", "MANI", "MAI", "MAINE", "MAIX"] {
            assert_eq!(d("MAIN", other), Some(usize::from(other != "MAIN")), "{other}");
        }
        assert_eq!(d("MAIN", "MXYN"), Some(2));
        assert_eq!(d("MAIN", "OAKS"), None);
        assert_eq!(d("", ""), Some(0));
    }

    #[test]
    fn names_that_sound_alike_have_one_sound() {
        for (a, b) in [("SCHUYLKILL", "SKUYLKIL"), ("PHILLIPS", "FILIPS"), ("KNIGHT", "NIGHT"), ("MEYER", "MAIER")] {
            assert_eq!(sound(a), sound(b), "{a} {b}");
        }
        assert_ne!(sound("MAIN"), sound("MILL"));
        assert!(digits_differ("10TH AVE", "16TH AVE") && !digits_differ("10TH AVE", "10TH AV"));
    }
}
