//! Points whose both coordinates are published: Snyder's own numerical examples, and the corners of zones.

use super::*;

const GRS80: &str = "GEOGCS[\"GCS\",DATUM[\"D_North_American_1983\",SPHEROID[\"GRS_1980\",6378137.0,298.257222101]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
/// Snyder's examples are on Clarke's ellipsoid of 1866, here with a datum of its own name.
const CLARKE: &str = "GEOGCS[\"GCS\",DATUM[\"D\",SPHEROID[\"Clarke_1866\",6378206.4,294.978698214]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";

fn plane(geography: &str, name: &str, parameters: &[(&str, f64)], unit: f64) -> Projection {
    let parameters: String = parameters.iter().map(|(n, v)| format!("PARAMETER[\"{n}\",{v}],")).collect();
    let text = format!("PROJCS[\"P\",{geography},PROJECTION[\"{name}\"],{parameters}UNIT[\"U\",{unit}]]");
    Projection::parse(&text).unwrap()
}

fn assert_near(found: (f64, f64), longitude: f64, latitude: f64) {
    // A ten-millionth of a degree is a centimetre.
    assert!((found.0 - longitude).abs() < 2e-7 && (found.1 - latitude).abs() < 2e-7, "{found:?}");
}

#[test]
fn snyders_examples_lead_back_to_their_degrees() {
    let lambert = [
        ("Central_Meridian", -96.0),
        ("Latitude_Of_Origin", 23.0),
        ("Standard_Parallel_1", 33.0),
        ("Standard_Parallel_2", 45.0),
    ];
    let p = plane(CLARKE, "Lambert_Conformal_Conic", &lambert, 1.0);
    // The examples are printed to a tenth of a metre.
    let (lon, lat) = p.degrees(1_894_410.9, 1_564_649.5);
    assert!((lon + 75.0).abs() < 2e-6 && (lat - 35.0).abs() < 2e-6, "{lon} {lat}");
    let albers = [
        ("Central_Meridian", -96.0),
        ("Latitude_Of_Origin", 23.0),
        ("Standard_Parallel_1", 29.5),
        ("Standard_Parallel_2", 45.5),
    ];
    let p = plane(CLARKE, "Albers", &albers, 1.0);
    let (lon, lat) = p.degrees(1_885_472.7, 1_535_925.0);
    assert!((lon + 75.0).abs() < 2e-6 && (lat - 35.0).abs() < 2e-6, "{lon} {lat}");
    let p = plane(CLARKE, "Transverse_Mercator", &[("Central_Meridian", -75.0), ("Scale_Factor", 0.9996)], 1.0);
    let (lon, lat) = p.degrees(127_106.5, 4_484_124.4);
    assert!((lon + 73.5).abs() < 2e-6 && (lat - 40.5).abs() < 2e-6, "{lon} {lat}");
}

#[test]
fn feet_false_origins_and_heights_behind_the_plane_are_read() {
    // The origin of a zone is where its false origin is.
    let text = format!(
        "PROJCS[\"Ohio North\",{GRS80},PROJECTION[\"Lambert_Conformal_Conic\"],PARAMETER[\"False_Easting\",1968500.0],\
         PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",-82.5],PARAMETER[\"Standard_Parallel_1\",40.43333333333333],\
         PARAMETER[\"Standard_Parallel_2\",41.7],PARAMETER[\"Latitude_Of_Origin\",39.66666666666666],UNIT[\"Foot_US\",0.3048006096012192]],\
         VERTCS[\"NAVD_1988\",UNIT[\"Meter\",1.0]]"
    );
    let p = Projection::parse(&text).unwrap();
    assert_near(p.degrees(1_968_500.0, 0.0), -82.5, 39.666_666_666_7);
    // A mile to the north, near enough: a minute of latitude is 1,850 m there.
    let (lon, lat) = p.degrees(1_968_500.0, 6_069.6);
    assert!((lon + 82.5).abs() < 1e-9 && ((lat - 39.666_666_7) * 60.0 - 1.0).abs() < 0.01, "{lat}");
    let web = [("Central_Meridian", 0.0), ("Standard_Parallel_1", 0.0)];
    let p = plane(GRS80, "Mercator_Auxiliary_Sphere", &web, 1.0);
    assert_near(p.degrees(-7_910_111.374_861, 5_210_297.056_905), -71.057_739_471_3, 42.328_381_662_3);
}

#[test]
fn degrees_stay_degrees_with_and_without_quotes() {
    assert_eq!(Projection::parse(GRS80).unwrap().degrees(-71.1, 42.3), (-71.1, 42.3));
    let bare = "GEOGCS[GCS_WGS_1984,DATUM[D_WGS_1984,SPHEROID[WGS_1984,6378137.0,298.257223563]],PRIMEM[Greenwich,0.0],UNIT[Degree,0.0174532925199433]]";
    assert_eq!(Projection::parse(bare).unwrap(), Projection::DEGREES);
}

#[test]
fn what_cannot_be_undone_is_refused_by_its_name() {
    let error = |text: &str| Projection::parse(text).unwrap_err();
    for text in ["", "no", "PROJCS[", "PROJCS[\"x\"", "VERTCS[\"x\"]", "PROJCS[\"x]"] {
        assert_eq!(error(text), BadProjection::Text, "{text}");
    }
    assert_eq!(error(&"A[".repeat(100_000)), BadProjection::Text);
    let named = |geography: &str, name: &str| {
        error(&format!(
            "PROJCS[\"P\",{geography},PROJECTION[\"{name}\"],PARAMETER[\"Central_Meridian\",-86.0],UNIT[\"Meter\",1.0]]"
        ))
    };
    assert_eq!(named(GRS80, "Krovak"), BadProjection::Unknown("KROVAK".into()));
    assert_eq!(named(&GRS80.replace("1983", "1927"), "Transverse_Mercator"), BadProjection::Datum1927);
    let without = format!("PROJCS[\"P\",{GRS80},PROJECTION[\"Transverse_Mercator\"],UNIT[\"Meter\",1.0]]");
    assert_eq!(error(&without), BadProjection::Lacks("central meridian"));
}
