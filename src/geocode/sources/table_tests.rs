//! Tables as agencies write them; all rows are invented.

use super::*;
use crate::{
    domain::place::Precision,
    geocode::{Answer, Query},
};

fn taken(used: u64, unusable: u64) -> Taken {
    Taken { used, unusable }
}

#[test]
fn streets_towns_and_zip_areas_are_read_from_their_columns() {
    let mut g = Builder::default();
    let streets = "location_text,town,zip,lat,lon\nMAIN ST,ORONO,04473,44.88,-68.67\nBAD,,,x,y\n";
    assert_eq!(g.add_csv(streets.as_bytes()).unwrap(), taken(1, 1));
    assert_eq!(g.add_csv("Name,Latitude,Longitude\nBangor,44.8,-68.77\n".as_bytes()).unwrap(), taken(1, 0));
    assert_eq!(g.add_csv("zip_code,latitude,longitude\n04401,44.81,-68.78\n".as_bytes()).unwrap(), taken(1, 0));
    let index = g.build();
    for q in [
        Query { text: Some("main street"), ..Query::default() },
        Query { town: Some("BANGOR"), ..Query::default() },
        Query { zip: Some("04401"), ..Query::default() },
    ] {
        assert!(matches!(index.answer(&q), Answer::Found(_)), "{q:?}");
    }
    let error = Builder::default().add_csv("a,b\n1,2\n".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "the header has no latitude; it has a, b");
}

#[test]
fn a_file_without_a_line_is_told_to_be_empty() {
    for file in ["", "\n\n", "\u{FEFF}", " \n"] {
        let error = Builder::default().add_csv(file.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("the file is empty; expected a header line"), "{file:?}: {error}");
    }
    let error = Builder::default().add_csv(",,\n44.8,-68.7,Orono\n".as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("the header has no latitude"), "{error}");
}

#[test]
fn address_points_of_both_national_collections_are_houses() {
    let mut g = Builder::default();
    let open = "LON,LAT,NUMBER,STREET,UNIT,CITY,DISTRICT,REGION,POSTCODE,ID,HASH\n-68.67,44.88,12,Elm Street,,Orono,,ME,04473,,a1\n";
    assert_eq!(g.add_csv(open.as_bytes()).unwrap(), taken(1, 0));
    let national = "Add_Number,AddNum_Suf,St_PreDir,St_Name,St_PosTyp,Inc_Muni,Post_City,Zip_Code,LandmkName,Longitude,Latitude\n\
                    7,A,North,Oak,Avenue,Not stated,Bangor,04401,City Shelter,-68.77,44.80\n";
    assert_eq!(g.add_csv(national.as_bytes()).unwrap(), taken(1, 0));
    let index = g.build();
    for (text, town) in [("12 elm st", "Orono"), ("7A N Oak Ave", "Bangor"), ("near City Shelter", "Bangor")] {
        let q = Query { text: Some(text), town: Some(town), ..Query::default() };
        let Answer::Found(found) = index.answer(&q) else { panic!("{text}") };
        assert_eq!((found.precision, found.score), (Precision::Rooftop, 1.0), "{text}");
    }
}

#[test]
fn numbers_in_parts_and_other_delimiters_are_read_as_the_national_database_writes_them() {
    let mut g = Builder::default();
    let national = "\u{FEFF}OBJECTID|AddNum_Pre|Add_Number|AddNum_Suf|St_Name|St_PosTyp|Inc_Muni|Zip_Code|Longitude|Latitude\n\
                    1|37-|12||74th|Street|Queens|11372|-73.89|40.75\n\
                    2|N6W|23001||Bluemound|Road|Waukesha|53188|-88.2|43.03\n\
                    3||12.0|1/2|Elm|Street|Orono|04473|-68.67|44.88\n";
    assert_eq!(g.add_csv(national.as_bytes()).unwrap(), taken(3, 0));
    let index = g.build();
    for (text, town) in [("37-12 74 St", "Queens"), ("N6W23001 Bluemound Rd", "Waukesha"), ("12 1/2 Elm St", "Orono")] {
        let q = Query { text: Some(text), town: Some(town), ..Query::default() };
        assert!(matches!(index.answer(&q), Answer::Found(m) if m.score == 1.0), "{text}");
    }
    for (head, mark) in [("a,b;c,d", b','), ("a\tb\tc", b'\t'), ("a;b;c\n,,,,,", b';'), ("a", b',')] {
        assert_eq!(delimiter(head.as_bytes()), mark, "{head}");
    }
}

#[test]
fn a_list_of_addresses_is_no_list_of_towns_whatever_its_columns_are_called() {
    // A state's own names; numbers as a spreadsheet writes them; a county in the place of a town.
    let state = "OBJECTID,ADDRNUM,ADDRNUMSUF,STREET_PREFIX,STREET_NAME,STREET_TYPE,STREET_SUFFIX,MUNICIPALITY,LAT,LONG,PO_NAME,ZIP_5\n\
                 1,393,A,,POPLAR,LN,N,Grayson County,36.59,-81.26,INDEPENDENCE,\"24,348\"\n";
    // The National Address Database before 2023.
    let national = "OID,Inc_Muni,Post_Comm,Zip_Code,StN_PreDir,StreetName,StN_PosTyp,Add_Number,Longitude,Latitude\n\
                    -1,Unincorporated,Stuttgart,72160,East,10th,Street,1300,-91.53,34.49\n";
    for (file, text, town) in [(state, "393A Poplar Lane N", "Independence"), (national, "1300 E 10th St", "Stuttgart")]
    {
        let mut g = Builder::default();
        assert_eq!(g.add_csv(file.as_bytes()).unwrap(), taken(1, 0));
        assert_eq!(g.counts(), (1, 0, 0), "{file}");
        let index = g.build();
        let q = Query { text: Some(text), town: Some(town), ..Query::default() };
        assert!(matches!(index.answer(&q), Answer::Found(m) if m.precision == Precision::Rooftop), "{text}");
    }
    // A row without a number or a street does not make its point the town's.
    let open = "LON,LAT,NUMBER,STREET,CITY,POSTCODE\n-121.9,37.27,,,SAN JOSE,95124\n-121.9,37.27,0,ELM ST,SAN JOSE,\n";
    let mut g = Builder::default();
    assert_eq!(g.add_csv(open.as_bytes()).unwrap(), taken(0, 2));
    assert!(g.is_empty());
    let unknown = "ADDR_NO,RD,CITY,LAT,LON\n12,ELM ST,ORONO,44.8,-68.7\n";
    let error = Builder::default().add_csv(unknown.as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "the header has no street name or address; it has ADDR_NO, RD, CITY, LAT, LON");
}

#[test]
fn a_house_is_known_under_its_own_town_and_under_that_of_its_post_office() {
    let mut g = Builder::default();
    let file =
        "Add_Number,StNam_Full,Inc_Muni,Post_City,Longitude,Latitude\n7,Oak Street,Glenburn,Bangor,-68.85,44.9\n";
    assert_eq!(g.add_csv(file.as_bytes()).unwrap(), taken(1, 0));
    let index = g.build();
    for town in ["Glenburn", "Bangor"] {
        let q = Query { text: Some("7 Oak St"), town: Some(town), ..Query::default() };
        assert!(matches!(index.answer(&q), Answer::Found(m) if m.score == 1.0), "{town}");
    }
}

#[test]
fn a_table_in_plane_coordinates_is_refused_with_a_row_of_it() {
    let file = "address_number,street_name,X,Y\n1,ALBERTA,7649368.305,697271.744\n";
    let error = Builder::default().add_csv(file.as_bytes()).unwrap_err().to_string();
    assert!(error.starts_with("line 2: 7649368.305, 697271.744 is no place in degrees"), "{error}");
}
