//! Shapefiles written here byte by byte, after the technical description.

use super::*;
use crate::{
    domain::place::Precision,
    geocode::{Answer, Query},
};

fn shp(kind: i32, lines: &[&[(f64, f64)]]) -> Vec<u8> {
    let mut out = vec![0; HEAD];
    out[..4].copy_from_slice(&9994_i32.to_be_bytes());
    out[28..32].copy_from_slice(&1000_i32.to_le_bytes());
    out[32..36].copy_from_slice(&kind.to_le_bytes());
    for (i, line) in lines.iter().enumerate() {
        let length = 48 + line.len() * 16;
        out.extend((i as i32 + 1).to_be_bytes());
        out.extend((length as i32 / 2).to_be_bytes());
        out.extend(kind.to_le_bytes());
        out.extend([0; 32]);
        out.extend(1_i32.to_le_bytes());
        out.extend((line.len() as i32).to_le_bytes());
        out.extend(0_i32.to_le_bytes());
        for (x, y) in *line {
            out.extend(x.to_le_bytes());
            out.extend(y.to_le_bytes());
        }
    }
    out
}

fn dbf(columns: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    const WIDTH: usize = 20;
    let mut out = vec![3, 126, 1, 1];
    out.extend((rows.len() as u32).to_le_bytes());
    out.extend((33 + columns.len() as u16 * 32).to_le_bytes());
    out.extend((1 + columns.len() as u16 * WIDTH as u16).to_le_bytes());
    out.extend([0; 20]);
    for column in columns {
        let mut field = [0; 32];
        field[..column.len()].copy_from_slice(column.as_bytes());
        field[11] = b'C';
        field[16] = WIDTH as u8;
        out.extend(field);
    }
    out.push(0x0D);
    for row in rows {
        out.push(b' ');
        for value in *row {
            out.extend(format!("{value:WIDTH$}").as_bytes());
        }
    }
    out
}

const MAIN: &[(f64, f64)] = &[(-68.670, 44.880), (-68.666, 44.880)];
const OAK: &[(f64, f64)] = &[(-68.666, 44.880), (-68.666, 44.884)];
const COLUMNS: &[&str] = &["FULLNAME", "LFROMHN", "LTOHN", "RFROMHN", "RTOHN", "ZIPL", "ZIPR"];
const ROWS: &[&[&str]] =
    &[&["Main St", "198", "100", "199", "101", "04473", "04473"], &["Oak Ave", "", "", "1", "99", "", "04473"]];

#[test]
fn ranges_of_tiger_place_a_house_on_its_side_and_at_its_share_of_the_block() {
    let mut builder = Builder::default();
    let taken = builder.add_shapefile(&shp(3, &[MAIN, OAK]), &dbf(COLUMNS, ROWS)).unwrap();
    assert_eq!(taken, Taken { used: 2, unusable: 0 });
    let index = builder.build();
    let ask = |text| match index.answer(&Query { text: Some(text), zip: Some("04473"), ..Query::default() }) {
        Answer::Found(found) => found,
        other => panic!("{text}: {other:?}"),
    };
    // The numbers fall along the line: 120 lies near its end, on the left of it, which is north.
    let house = ask("120 Main Street");
    assert_eq!(house.precision, Precision::Range);
    assert!(house.point.lon() > -68.668 && house.point.lat() > 44.88, "{:?}", house.point);
    assert!(ask("121 Main Street").point.lat() < 44.88);
    assert!(house.radius_m >= 40.0);
    assert_eq!(ask("Main St / Oak Ave").precision, Precision::Intersection);
    // A number that no stretch has leads to the street, not to a house.
    assert_eq!(ask("900 Main Street").precision, Precision::Street);
}

#[test]
fn what_is_wrong_with_a_shapefile_is_said() {
    let (good, table) = (shp(3, &[MAIN, OAK]), dbf(COLUMNS, ROWS));
    let error = |shp: &[u8], dbf: &[u8]| Builder::default().add_shapefile(shp, dbf).unwrap_err();
    assert!(matches!(error(b"PK", &table), BadShape::Code));
    assert!(matches!(error(&shp(5, &[]), &table), BadShape::Kind(5)));
    assert!(matches!(error(&good[..good.len() - 7], &table), BadShape::Cut(at) if at == good.len() - 7));
    assert!(matches!(error(&good, &table[..40]), BadShape::Table));
    assert!(matches!(error(&good, &dbf(COLUMNS, &ROWS[..1])), BadShape::Rows { shapes: 2, rows: 1 }));
    let projected = shp(3, &[&[(500_000.0, 4_970_000.0), (500_100.0, 4_970_000.0)]]);
    let said = error(&projected, &dbf(COLUMNS, &ROWS[..1])).to_string();
    assert!(said.starts_with("the coordinate 500000, 4970000 is no degree"), "{said}");
    assert!(matches!(error(&good, &dbf(&["ID"], &[&["1"], &["2"]])), BadShape::Columns { .. }));
}

#[test]
fn ranges_with_hyphens_letters_and_both_parities_hold_their_numbers() {
    let columns = &["FULLNAME", "LFROMHN", "LTOHN", "RFROMHN", "RTOHN", "PARITYL", "PARITYR", "ZIPL", "ZIPR"];
    let zip = "04473";
    let rows: &[&[&str]] = &[
        &["74th St", "37-01", "37-99", "37-02", "37-98", "O", "E", zip, zip],
        &["Bluemound Rd", "W229N1001", "W229N1099", "W229N1000", "W229N1098", "O", "E", zip, zip],
        &["Lake Rd", "1", "99", "", "", "B", "", zip, zip],
    ];
    let mut builder = Builder::default();
    let table = dbf(columns, rows);
    assert_eq!(builder.add_shapefile(&shp(3, &[MAIN, OAK, MAIN]), &table).unwrap(), Taken { used: 3, unusable: 0 });
    let index = builder.build();
    let precision = |text| match index.answer(&Query { text: Some(text), zip: Some(zip), ..Query::default() }) {
        Answer::Found(found) => found.precision,
        other => panic!("{text}: {other:?}"),
    };
    for text in ["37-50 74th St", "3750 74th St", "W229N1050 Bluemound Rd", "50 Lake Rd", "51 Lake Rd"] {
        assert_eq!(precision(text), Precision::Range, "{text}");
    }
    // The block of another cross street, and another line of the grid's numbers, are not on it.
    for text in ["38-50 74th St", "W229N2050 Bluemound Rd"] {
        assert_eq!(precision(text), Precision::Street, "{text}");
    }
}

#[test]
fn a_shape_without_a_line_is_counted() {
    let mut file = shp(3, &[MAIN, OAK]);
    // A null shape: a record of four bytes of type 0.
    file.extend(3_i32.to_be_bytes());
    file.extend(2_i32.to_be_bytes());
    file.extend(0_i32.to_le_bytes());
    let rows: Vec<&[&str]> = ROWS.iter().copied().chain([ROWS[0]]).collect();
    let taken = Builder::default().add_shapefile(&file, &dbf(COLUMNS, &rows)).unwrap();
    assert_eq!(taken, Taken { used: 2, unusable: 1 });
}

fn points(places: &[(f64, f64)]) -> Vec<u8> {
    let mut out = shp(1, &[]);
    for (i, (x, y)) in places.iter().enumerate() {
        out.extend((i as i32 + 1).to_be_bytes());
        out.extend(10_i32.to_be_bytes());
        out.extend(1_i32.to_le_bytes());
        out.extend(x.to_le_bytes());
        out.extend(y.to_le_bytes());
    }
    out
}

const UTM_19: &str = "PROJCS[\"NAD_1983_UTM_Zone_19N\",GEOGCS[\"GCS_North_American_1983\",DATUM[\"D_North_American_1983\",\
    SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],\
    PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"False_Easting\",500000.0],PARAMETER[\"Central_Meridian\",-69.0],\
    PARAMETER[\"Scale_Factor\",0.9996],PARAMETER[\"Latitude_Of_Origin\",0.0],UNIT[\"Meter\",1.0]]";

#[test]
fn address_points_in_plane_coordinates_are_houses() {
    let columns = &["ST_NUMBER", "ST_PREFIXD", "ST_NAME", "ST_TYPE", "MUNI", "USPS_CITY", "ZIP"];
    let rows: &[&[&str]] = &[
        &["12.00000", "N", "OAK", "AVE", "Unincorporated", "ORONO", "4473"],
        &["0", "", "OAK", "AVE", "", "ORONO", "4473"],
    ];
    let shapes = points(&[(525_000.0, 4_969_000.0), (525_100.0, 4_969_000.0)]);
    let mut builder = Builder::default();
    let taken = builder.add_projected_shapefile(&shapes, &dbf(columns, rows), Some(UTM_19)).unwrap();
    assert_eq!(taken, Taken { used: 1, unusable: 1 });
    let index = builder.build();
    let q = Query { text: Some("12 North Oak Avenue"), town: Some("Orono"), ..Query::default() };
    let Answer::Found(found) = index.answer(&q) else { panic!() };
    assert_eq!(found.precision, Precision::Rooftop);
    assert!(found.point.distance_km(Point::new(44.8740, -68.6835).unwrap()) < 0.1, "{:?}", found.point);
    let error = Builder::default().add_shapefile(&shapes, &dbf(columns, rows)).unwrap_err();
    assert!(matches!(error, BadShape::Projected(_)), "{error}");
}

#[test]
fn the_ranges_that_tiger_gives_one_side_in_several_rows_share_its_length() {
    // The west half is numbered 100 to 102, the rest 104 to 198: both rows carry the whole line.
    let columns = &["TLID", "FULLNAME", "LFROMHN", "LTOHN", "RFROMHN", "RTOHN", "PARITYL", "PARITYR", "ZIPL", "ZIPR"];
    let zip = "04473";
    let rows: &[&[&str]] = &[
        &["7", "Main St", "102", "100", "", "", "E", "", zip, zip],
        &["7", "State Hwy 9", "102", "100", "", "", "E", "", zip, zip],
        &["7", "Main St", "198", "104", "199", "151", "E", "O", zip, zip],
        &["7", "Main St", "", "", "149", "101", "", "O", zip, zip],
    ];
    let mut builder = Builder::default();
    let taken = builder.add_shapefile(&shp(3, &[MAIN, MAIN, MAIN, MAIN]), &dbf(columns, rows)).unwrap();
    assert_eq!(taken, Taken { used: 4, unusable: 0 });
    let index = builder.build();
    let longitude = |text| match index.answer(&Query { text: Some(text), zip: Some(zip), ..Query::default() }) {
        Answer::Found(found) => found.point.lon(),
        other => panic!("{text}: {other:?}"),
    };
    // The numbers fall along the line to the east: 102 stands at its end, not in its middle.
    assert!(longitude("102 Main St") > -68.6663, "{}", longitude("102 Main St"));
    assert!(longitude("196 Main St") < -68.6697 && longitude("198 State Hwy 9") < -68.666);
    let middle = longitude("151 Main St");
    assert!((middle + 68.668).abs() < 1e-4, "{middle}");
}

#[test]
fn names_in_parts_and_sides_in_two_towns_are_read_from_an_agencys_lines() {
    let columns = &["PRE_DIR", "ST_NAME", "ST_TYPE", "L_F_ADD", "L_T_ADD", "R_F_ADD", "R_T_ADD", "MUNI_L", "MUNI_R"];
    let rows: &[&[&str]] = &[&["N", "Main", "St", "0", "98", "1", "99", "Orono", "Veazie"]];
    let mut builder = Builder::default();
    assert_eq!(builder.add_shapefile(&shp(3, &[MAIN]), &dbf(columns, rows)).unwrap(), Taken { used: 1, unusable: 0 });
    let index = builder.build();
    let precision = |text, town| match index.answer(&Query { text: Some(text), town: Some(town), ..Query::default() }) {
        Answer::Found(found) => Some(found.precision),
        _ => None,
    };
    assert_eq!(precision("50 N Main St", "Orono"), Some(Precision::Range));
    assert_eq!(precision("51 North Main Street", "Veazie"), Some(Precision::Range));
    assert_ne!(precision("51 N Main St", "Orono"), Some(Precision::Range));
}
