"""What goes wrong in admission webhooks, trap by trap: the tests that hold ours to it, and what is still open.

An open trap says what it waits for; one that cannot occur here says why.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REQUESTS, REAL, ADMISSION, VERDICT = (
    "normalise/kubernetes/test_requests.py",
    "test_real_requests.py",
    "test_admission.py",
    "test_verdict.py",
)

COVERED: dict[str, list[str]] = {
    "a denial without a code of 403 or 422 becomes a 400": [f"{VERDICT}::test_the_answer"],
    "a dry run gets another answer, or has effects": [f"{REQUESTS}::test_a_dry_run_is_looked_at_as_the_real_request"],
    "requests rely on each other's order": [f"{REQUESTS}::test_requests_do_not_see_each_other"],
    "only the first webhook that refuses is heard": [f"{VERDICT}::test_the_answer"],
    "a rule that fails to run is no violation and goes by failurePolicy": [f"{ADMISSION}::test_a_rule_that_fails_to_run"],
    "a false match condition skips even beside one that fails": ["test_engine.py::test_a_policy_looks_only_at_what_it_matches"],
    "with generateName the name is empty, or already made": [
        f"{REQUESTS}::test_identity",
        f"{REQUESTS}::test_a_generated_name_is_its_prefix_in_the_identity_and_for_people",
    ],
    "on DELETE only oldObject is set": [
        f"{REQUESTS}::test_operation_and_both_sides",
        f"{ADMISSION}::test_a_deletion_is_refused_only_by_a_policy_that_asks_for_deletions",
    ],
    "deletecollection has no name, and one HTTP request may be two reviews": [
        f"{REAL}::test_a_request_of_a_real_api_server",
        f"{REAL}::test_two_reviews_of_one_request_are_two",
    ],
    "finalizers, status and clean-up are blocked for old violations": [
        f"{ADMISSION}::test_by_a_rule_that_judges_as_if_new",
        f"{REQUESTS}::test_what_is_being_deleted_is_judged_only_when_it_grows",
    ],
    "apply and patch arrive as CREATE or UPDATE of the whole object": [f"{REAL}::test_a_request_of_a_real_api_server"],
    "a subresource is taken for its parent": [f"{REQUESTS}::test_never_judged", f"{REQUESTS}::test_left_to_the_rules"],
    "a Scale holds nothing but a number, and zero not even that": [f"{REQUESTS}::test_of_a_deployment", f"{REQUESTS}::test_never_judged"],
    "autoscalers write through scale as service accounts": [f"{REAL}::test_a_request_of_a_real_api_server"],
    "the object is converted to the registered version": [f"{REAL}::test_a_request_of_a_real_api_server"],
    "pods of controllers carry the controller as user": [f"{REQUESTS}::test_only_its_controller_makes_an_object_somebody_elses"],
    "one rollout passes admission three times": [f"{REAL}::test_a_request_of_a_real_api_server"],
    "an owner reference that somebody wrote down exempts": [f"{REQUESTS}::test_only_its_controller_makes_an_object_somebody_elses"],
    "quantities are text, whole numbers or fractions": ["test_quantity.py::test_a_quantity_means_an_exact_amount"],
    "files lack the defaults of the API server": [
        f"{REAL}::test_a_file_and_the_request_that_a_real_api_server_makes_of_it_give_the_same_findings"
    ],
    "null, missing and empty differ": ["normalise/kubernetes/test_unread.py::test_null_is_absent"],
    "the request of a pod is no sum over its containers": ["normalise/kubernetes/test_pods.py::test_a_pod_holds_its_peak"],
    "the most replicas are not the replicas written": ["normalise/kubernetes/test_units.py::test_a_deployment_has_replicas_and_a_surge"],
    "warnings beyond the limits are cut or dropped": [f"{VERDICT}::test_warnings_keep_to_what_an_api_server_passes_on"],
    "a message expression that fails changes the verdict": ["test_engine.py::test_a_message_expression_never_changes_the_outcome"],
    "an input that cannot be read is admitted in silence": [
        f"{VERDICT}::test_what_cannot_be_read_is_never_admitted",
        "inputs/test_reviews.py::test_what_cannot_be_read_says_why_and_where",
    ],
    "the same object gets another verdict as a file": [f"{REAL}::test_a_file_and_a_request_to_create_the_same_give_the_same_findings"],
}

OPEN = {
    "the answer does not echo uid and version, or carries a patch": "the service",
    "a deadline passes without an answer": "the service",
    "endpoints that anybody in the cluster reaches": "the service",
    "system namespaces and own objects are intercepted": "the configurations of the service",
    "certificates change without an overlap": "the service",
    "audit annotation keys with a slash, values too long": "the service",
    "cost without a clock, or a clock without cost": "deadlines of the service",
    "a namespace is younger than the cache; a live look-up on a miss": "knowledge of the cluster",
    "admitted is not stored, and reservations leak": "quota",
    "parallel requests read one usage": "quota",
    "claims that pods share cost once": "claims, which are not counted yet",
    "operators make objects for their owners": "accounts of operators: until they are known such objects are judged themselves",
    "an end of an exception that is decided too early": "exceptions",
    "an exception hides what would have failed": "exceptions",
    "a broken exception disables more than itself": "exceptions",
    "objectSelector looks at the new object alone": "ValidatingAdmissionPolicy documents",
    "namespaceSelector and cluster-scoped objects": "ValidatingAdmissionPolicy documents",
    "a scan that plays CREATE passes rules over updates": "scans of a cluster",
}

CANNOT_OCCUR = {
    "a rule for pods is rewritten as text for its controllers": "rules read the view, which is the same for both",
    "whoever may write a label is exempt": "no label exempts anything; an environment that labels disagree about is the stricter one",
}


@pytest.mark.parametrize(("trap", "names"), [pytest.param(trap, names, id=trap) for trap, names in COVERED.items()])
def test_the_tests_of_a_trap_exist(trap: str, names: list[str]) -> None:
    assert names, trap
    for name in names:
        file, _, function = name.partition("::")
        tree = ast.parse((HERE / file).read_text("utf-8"))
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name


def test_no_trap_is_both_covered_and_open() -> None:
    assert not COVERED.keys() & (OPEN.keys() | CANNOT_OCCUR.keys())
    assert all(OPEN.values())
    assert all(CANNOT_OCCUR.values())
