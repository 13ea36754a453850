"""Where the public names of the node come from. `device` loads it when the first of them is asked for."""

# ruff: noqa: F401  `device.__all__` names them

from device.node.audit import KINDS as AUDIT_MESSAGES
from device.node.committing import report as report_commitments
from device.node.configuration import LEAST_TLS, read_configuration
from device.node.configuration import Configuration as NodeConfiguration
from device.node.delivering import deliver
from device.node.events import LINES as RECORD_LINES
from device.node.intake import sweep_incoming
from device.node.outlets import find_outlets, run_outlet
from device.node.page import make_page_server, tell_status
from device.node.receiving import Receiver
from device.node.services import KEYWORDS as SOP_CLASS_KEYWORDS
from device.node.services import REFUSALS as ASSOCIATION_REFUSALS
from device.node.services import SERVICES
from device.node.services import TERMS as ASSOCIATION_TERMS
from device.node.statuses import STATUSES
from device.node.store import Store
from device.node.working import Worker, fail_object, find_destinations
