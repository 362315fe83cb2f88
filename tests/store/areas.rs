use emberwatch::domain::area::Jurisdiction;

use crate::{
    Db, on_both,
    world::{all_of, area, place, settled, square},
};

on_both! {
    areas_come_back_with_their_outlines_in_order_of_id,
    putting_an_area_again_replaces_it,
    places_come_by_population_and_are_replaced_as_a_whole,
    the_tree_of_another_jurisdiction_does_not_exist,
}

async fn areas_come_back_with_their_outlines_in_order_of_id(db: Db) {
    settled(&db).await;
    let shapes = db.store.area_shapes(&all_of("me")).await.unwrap();
    let expected =
        [square("bangor", Some("state"), -69.0), square("orono", Some("state"), -68.0), square("state", None, -70.0)];
    assert_eq!(shapes, expected);
    let areas = db.store.areas(&all_of("me")).await.unwrap();
    assert_eq!(areas, expected.map(|s| s.area));
}

async fn putting_an_area_again_replaces_it(db: Db) {
    settled(&db).await;
    let mut moved = square("bangor", None, -60.0);
    moved.area.population = None;
    db.store.put_areas(&all_of("me"), std::slice::from_ref(&moved)).await.unwrap();
    let shapes = db.store.area_shapes(&all_of("me")).await.unwrap();
    assert_eq!(shapes.len(), 3);
    assert_eq!(shapes.into_iter().find(|s| s.area.id == area("bangor")), Some(moved));
}

async fn places_come_by_population_and_are_replaced_as_a_whole(db: Db) {
    settled(&db).await;
    let me = all_of("me");
    let (small, large, unknown) = (place("Orono", Some(11_183)), place("Bangor", Some(31_753)), place("A hill", None));
    db.store.put_places(&me, &[place("gone", Some(1))]).await.unwrap();
    db.store.put_places(&me, &[small.clone(), unknown.clone(), large.clone()]).await.unwrap();
    assert_eq!(db.store.places(&me).await.unwrap(), [large, small, unknown]);
}

async fn the_tree_of_another_jurisdiction_does_not_exist(db: Db) {
    settled(&db).await;
    db.store.put_places(&all_of("me"), &[place("Bangor", None)]).await.unwrap();
    assert!(db.store.areas(&all_of("pa")).await.unwrap().is_empty());
    assert!(db.store.places(&all_of("pa")).await.unwrap().is_empty());
    let known: Vec<Jurisdiction> = db.store.jurisdictions().await.unwrap();
    assert_eq!(known.iter().map(|j| j.id.as_str()).collect::<Vec<_>>(), ["me", "pa"]);
}
