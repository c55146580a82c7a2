/**
 * How many times as far as usual is searched, by another way each time. 0 where PROPERTY_SEARCH is not set: then the cases are the same in every run, so that
 * a change is judged by what it changed.
 */
export const searchFactor = Number(process.env["PROPERTY_SEARCH"]) || 0;
