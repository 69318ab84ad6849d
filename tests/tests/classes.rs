//! What broke users of other clients, by class, and the test that holds elkit to doing better. Each of these tests was seen to
//! fail with its fix taken out.

#[path = "classes/documents.rs"]
mod documents;
#[path = "classes/hosts.rs"]
mod hosts;
#[path = "classes/urls.rs"]
mod urls;
#[path = "classes/versions.rs"]
mod versions;

use std::path::Path;

/// The class, where its test stands, and how it is called.
const CLASSES: [(&str, &str, &str); 26] = [
    ("1: a required member is missing", "tests/decoding.rs", "class_1_missing_required_members"),
    ("2: an array where a map was", "tests/decoding.rs", "class_2_an_array_where_a_map_was_typed"),
    ("3: an enum is closed", "tests/decoding.rs", "class_3_unknown_enum_values"),
    ("4: an error can't be decoded", "tests/decoding.rs", "class_4_error_bodies_that_cannot_be_decoded"),
    ("5: the server is older", "tests/classes/versions.rs", "class_5_answers_of_an_older_server"),
    ("5: the server is older", "tests/classes/versions.rs", "class_5_operations_that_a_server_does_not_have"),
    ("6: the media type is refused", "tests/classes/versions.rs", "class_6_an_older_server_refuses_the_media_type"),
    ("7: one value or a list", "tests/decoding.rs", "class_7_one_value_or_a_list"),
    ("8: a union is written as nothing", "tests/decoding.rs", "class_8_every_alternative_of_a_union_is_written"),
    ("9: shapes differ by deployment", "tests/classes/versions.rs", "class_9_one_member_in_two_shapes"),
    ("10: the URL is another server's", "tests/classes/hosts.rs", "class_10_the_products_are_mixed_up"),
    ("10: the URL is another server's", "tests/classes/hosts.rs", "class_10_errors_of_any_shape"),
    ("11: absent, null and empty", "tests/decoding.rs", "class_11_absent_null_and_empty"),
    ("12: a parameter leaks", "tests/classes/urls.rs", "class_12_a_parameter_stays_with_its_call"),
    ("13: paths are encoded", "tests/classes/urls.rs", "class_13_names_arrive_as_they_are"),
    ("14: the specification has gaps", "tests/classes/documents.rs", "class_14_what_the_specification_left_out"),
    ("14: keys have no types", "tests/classes/documents.rs", "class_14_aggregations_ask_for_typed_keys"),
    ("14: exports hold unknown members", "tests/classes/documents.rs", "class_14_lines_keep_what_nobody_knows"),
    ("15: the document breaks its grammar", "../codegen/tests/openapi.rs", "unknown_and_broken_grammar_is_named"),
    ("15: the document has defects", "../codegen/tests/openapi.rs", "document_fixups_must_apply"),
    ("15: operation ids can't be used", "../codegen/tests/openapi.rs", "names_and_facts_are_applied"),
    ("15: media types are versioned", "../codegen/tests/openapi.rs", "operations_arrive"),
    ("15: documents disagree", "../codegen/tests/openapi_upstream.rs", "all_of_upstream_merges_in_any_order"),
    ("15: answers have no types", "tests/classes/documents.rs", "class_15_answers_are_typed"),
    ("15: the server fails over its own answer", "tests/classes/documents.rs", "class_15_a_server_that_fails_says_why"),
    ("15: timeouts are ignored", "tests/classes/hosts.rs", "class_15_every_deadline_holds"),
];

#[test]
fn every_class_has_its_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (class, file, test) in CLASSES {
        let text = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (before, _) =
            text.split_once(&format!("fn {test}(")).unwrap_or_else(|| panic!("{class}: no `{test}` in {file}"));
        let attributes = before.rsplit("\n\n").next().unwrap();
        assert!(attributes.contains("#[test]") || attributes.contains("#[tokio::test]"), "{test} is a test");
    }
    let number = |class: &str| class.split(':').next().unwrap().parse::<u32>().unwrap();
    let mut numbers: Vec<_> = CLASSES.iter().map(|(class, ..)| number(class)).collect();
    numbers.dedup();
    assert!(numbers.into_iter().eq(1..=15), "each class is there");
}

/// Runs a future to its end.
fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
