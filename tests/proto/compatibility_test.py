#!/usr/bin/python3
"""The protos take nothing away from who knows those of the last release. Exits with 77 without protobuf."""

import sys
import unittest

try:
    from google.protobuf import descriptor_pb2
except ImportError:
    print("skipped: needs python3-protobuf")
    sys.exit(77)

from compatibility import breaking_changes, current, released


def small_api():
    file = descriptor_pb2.FileDescriptorProto(name="a.proto", package="a")
    row = file.message_type.add(name="Row")
    row.oneof_decl.add(name="payload")
    row.field.add(name="value", number=1, type="TYPE_FLOAT", label="LABEL_OPTIONAL")
    row.field.add(name="text", number=2, type="TYPE_STRING", label="LABEL_OPTIONAL", oneof_index=0)
    kind = row.enum_type.add(name="Kind")
    kind.value.add(name="KIND_UNSPECIFIED", number=0)
    kind.value.add(name="KIND_NUMBER", number=1)
    file.service.add(name="Detector").method.add(
        name="Score", input_type=".a.Row", output_type=".a.Row")
    return descriptor_pb2.FileDescriptorSet(file=[file])


class ReleasedApi(unittest.TestCase):
    def test_is_all_there(self):
        self.assertEqual(breaking_changes(released(), current()), [])


class BreakingChanges(unittest.TestCase):
    def expect(self, change, *expected):
        old, new = small_api(), small_api()
        change(new.file[0])
        self.assertEqual(breaking_changes(old, new), list(expected))

    def test_growth_is_none(self):
        def grow(file):
            file.message_type[0].field.add(
                name="more", number=3, type="TYPE_BYTES", label="LABEL_REPEATED")
            file.message_type[0].enum_type[0].value.add(name="KIND_TIME", number=2)
            file.message_type.add(name="Other")
            file.service[0].method.add(name="Train", input_type=".a.Other", output_type=".a.Row")
            file.options.java_package = "org.a"
        self.expect(grow)

    def test_names_a_field_that_is_gone(self):
        def remove(file):
            del file.message_type[0].field[0]
        self.expect(remove, "field 1 of a.Row is gone; it was LABEL_OPTIONAL TYPE_FLOAT value")

    def test_names_a_field_with_another_number(self):
        def renumber(file):
            file.message_type[0].field[0].number = 7
        self.expect(renumber, "field 1 of a.Row is gone; it was LABEL_OPTIONAL TYPE_FLOAT value")

    def test_names_a_field_with_another_type_name_or_label(self):
        for change, now in ((("type", "TYPE_DOUBLE"), "LABEL_OPTIONAL TYPE_DOUBLE value"),
                            (("label", "LABEL_REPEATED"), "LABEL_REPEATED TYPE_FLOAT value"),
                            (("name", "values"), "LABEL_OPTIONAL TYPE_FLOAT values"),
                            (("oneof_index", 0), "LABEL_OPTIONAL TYPE_FLOAT value in payload")):
            def alter(file, change=change):
                file.message_type[0].field[0].MergeFrom(
                    descriptor_pb2.FieldDescriptorProto(**dict([change])))
            with self.subTest(change):
                self.expect(alter, f"field 1 of a.Row is {now}; "
                                   "it was LABEL_OPTIONAL TYPE_FLOAT value")

    def test_names_a_field_that_leaves_its_oneof(self):
        def leave(file):
            file.message_type[0].field[1].ClearField("oneof_index")
        self.expect(leave, "field 2 of a.Row is LABEL_OPTIONAL TYPE_STRING text; "
                           "it was LABEL_OPTIONAL TYPE_STRING text in payload")

    def test_names_an_enum_value_that_is_gone_or_renumbered(self):
        def remove(file):
            del file.message_type[0].enum_type[0].value[1]
        self.expect(remove, "KIND_NUMBER of a.Row.Kind is gone; it was 1")

        def renumber(file):
            file.message_type[0].enum_type[0].value[1].number = 2
        self.expect(renumber, "KIND_NUMBER of a.Row.Kind is 2; it was 1")

    def test_names_a_method_that_is_gone_or_takes_something_else(self):
        def remove(file):
            del file.service[0].method[0]
        self.expect(remove, "method a.Detector.Score is gone; it was .a.Row -> .a.Row")

        def stream(file):
            file.service[0].method[0].client_streaming = True
        self.expect(stream, "method a.Detector.Score is stream .a.Row -> .a.Row; "
                            "it was .a.Row -> .a.Row")

    def test_names_all_of_a_package_that_is_another(self):
        old, new = small_api(), small_api()
        new.file[0].package = "b"
        self.assertEqual(len(breaking_changes(old, new)), 7)


if __name__ == "__main__":
    unittest.main()
