"""Kubernetes, systemd and Function Compute: what they name is there, and fits the settings."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from iflytek_spark.gateway.server.command import add_arguments
from iflytek_spark.gateway.settings import GatewaySettings, load_settings
from tests.gateway.conftest import RunningGateway

DEPLOY = Path(__file__).parents[3] / "deploy"
IMAGE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
PORT = int(re.findall(r"GATEWAY_PORT=(\d+)", IMAGE)[0])
USER = int(re.findall(r"^USER (\d+):\1$", IMAGE, flags=re.MULTILINE)[0])
UNIT = DEPLOY / "spark-gateway.service"
LABELS = {"app.kubernetes.io/name": "spark-gateway"}
KINDS = {
    "Secret": "v1",
    "Deployment": "apps/v1",
    "Service": "v1",
    "PodDisruptionBudget": "policy/v1",
    "Ingress": "networking.k8s.io/v1",
}
POD_FIELDS = {
    "automountServiceAccountToken", "containers", "enableServiceLinks", "securityContext",
    "terminationGracePeriodSeconds", "topologySpreadConstraints", "volumes",
}  # fmt: skip
CONTAINER_FIELDS = {
    "envFrom", "image", "lifecycle", "livenessProbe", "name", "ports", "readinessProbe",
    "resources", "securityContext", "startupProbe", "volumeMounts",
}  # fmt: skip
PROBE_FIELDS = {"failureThreshold", "httpGet", "periodSeconds", "timeoutSeconds"}


@cache
def manifests() -> Mapping[str, dict[str, Any]]:
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


def pod() -> dict[str, Any]:
    spec: dict[str, Any] = manifests()["Deployment"]["spec"]["template"]["spec"]
    return spec


def container() -> dict[str, Any]:
    only: dict[str, Any]
    (only,) = pod()["containers"]
    return only


def probes() -> dict[str, dict[str, Any]]:
    return {name: each for name, each in container().items() if name.endswith("Probe")}


def function() -> dict[str, Any]:
    text = (DEPLOY / "function-compute.yaml").read_text(encoding="utf-8")
    props: dict[str, Any] = yaml.safe_load(text)["resources"]["gateway"]["props"]
    return props


def test_every_object_has_its_version_and_label() -> None:
    assert {kind: each["apiVersion"] for kind, each in manifests().items()} == KINDS
    for each in manifests().values():
        assert (each["metadata"]["name"], each["metadata"]["labels"]) == ("spark-gateway", LABELS)


def test_the_objects_find_each_other() -> None:
    deployment, service = manifests()["Deployment"]["spec"], manifests()["Service"]["spec"]
    budget = manifests()["PodDisruptionBudget"]["spec"]
    assert deployment["template"]["metadata"]["labels"] == LABELS
    assert deployment["selector"]["matchLabels"] == budget["selector"]["matchLabels"] == LABELS
    assert service["selector"] == LABELS
    assert budget["minAvailable"] < deployment["replicas"]
    (ports,) = container()["ports"]
    assert ports == {"name": service["ports"][0]["targetPort"], "containerPort": PORT}
    assert container()["envFrom"] == [{"secretRef": {"name": "spark-gateway"}}]
    mounted = {mount["name"] for mount in container()["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod()["volumes"]}


def test_no_field_is_misspelt() -> None:
    """A cluster leaves out what it does not know, without a word."""
    assert set(pod()) == POD_FIELDS
    assert set(container()) == CONTAINER_FIELDS
    assert len(probes()) == 3
    for probe in probes().values():
        assert set(probe) <= PROBE_FIELDS
        assert probe["httpGet"]["port"] == container()["ports"][0]["name"]


def test_the_pods_have_no_rights() -> None:
    assert pod()["automountServiceAccountToken"] is False
    context = pod()["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"], context["runAsGroup"]) == (
        True,
        USER,
        USER,
    )
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    asked, limit = (container()["resources"][kind]["memory"] for kind in ("requests", "limits"))
    assert int(asked.removesuffix("Mi")) < int(limit.removesuffix("Mi"))


def test_what_probes_ask_for_is_answered(running_gateway: RunningGateway) -> None:
    paths = {probe["httpGet"]["path"] for probe in probes().values()}
    paths |= {function()["customContainerConfig"]["healthCheckConfig"]["httpGetUrl"]}
    url = running_gateway()
    assert {path: httpx2.get(url + path).status_code for path in paths} == dict.fromkeys(paths, 200)


def test_a_pod_waits_for_running_answers() -> None:
    _, seconds = container()["lifecycle"]["preStop"]["exec"]["command"]
    needed = load_settings().shutdown_timeout + int(seconds)
    assert pod()["terminationGracePeriodSeconds"] > needed


def test_the_secret_names_variables_that_are_read_and_stops_the_start_until_it_is_filled() -> None:
    values = manifests()["Secret"]["stringData"]
    example = (DEPLOY.parent / ".env.example").read_text(encoding="utf-8")
    spark = set(re.findall(r"^(SPARK_\w+)=", example, flags=re.MULTILINE))
    assert set(values) == {*spark, "GATEWAY_KEYS"}
    assert json.loads(values["GATEWAY_KEYS"]) == {}
    assert set(function()["environmentVariables"]) == set(values)


def test_the_ingress_lets_the_api_and_the_page_through() -> None:
    (rule,) = manifests()["Ingress"]["spec"]["rules"]
    paths = {(each["path"], each["pathType"]) for each in rule["http"]["paths"]}
    assert paths == {("/", "Exact"), ("/page/", "Prefix"), ("/v1/", "Prefix")}
    assert rule["host"] in manifests()["Ingress"]["spec"]["tls"][0]["hosts"]


def test_the_function_is_the_image_and_has_time_for_an_answer() -> None:
    config = function()["customContainerConfig"]
    assert config["port"] == PORT
    name = container()["image"].rpartition("/")[2]
    assert config["image"].rpartition("/")[2] == name
    assert function()["timeout"] > load_settings().total_timeout
    (trigger,) = function()["triggers"]
    assert set(trigger["triggerConfig"]["methods"]) >= {"GET", "POST"}


def test_the_unit_starts_the_gateway_and_waits_for_running_answers() -> None:
    unit = UNIT.read_text(encoding="utf-8")
    program, command, *arguments = shlex.split(_value(unit, "ExecStart"))
    assert (Path(program).name, command) == ("iflytek-spark", "gateway")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args(arguments).config
    assert int(_value(unit, "TimeoutStopSec")) > load_settings().shutdown_timeout
    for name in re.findall(r"\bGATEWAY_(\w+)", unit):
        assert name.lower() in GatewaySettings.model_fields


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = UNIT.read_text(encoding="utf-8")
    program = shlex.split(_value(unit, "ExecStart"))[0]
    copy = tmp_path / UNIT.name
    copy.write_text(unit.replace(program, sys.executable), encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(copy)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert UNIT.name not in done.stderr  # of others on this machine it may complain


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_tells_of_every_file(name: str) -> None:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    others = {"README.md", "README.zh-CN.md"}
    for path in DEPLOY.iterdir():
        if path.is_file() and path.name not in others:
            assert f"`{path.name}`" in text, path.name


def test_both_readmes_have_the_same_commands() -> None:
    texts = [
        (DEPLOY / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
    ]
    commands = [re.findall(r"^    ([^#\n]*\S)", text, flags=re.MULTILINE) for text in texts]
    assert commands[0] == commands[1]
    assert len(commands[0]) >= 10
    assert texts[0].count("\n## ") == texts[1].count("\n## ")


def _value(unit: str, name: str) -> str:
    (value,) = re.findall(rf"^{name}=(.+)$", unit, flags=re.MULTILINE)
    return str(value)
