from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404

from services.invoicing.operations.act_on_invoice import ActionRefused
from services.invoicing.operations.give_credit import NoRoom
from services.invoicing.operations.move_invoice import InvoiceChanged
from services.invoicing.operations.reissue_invoice import NothingToReissue
from shared.runtime.problems import Conflict, Forbidden


@contextmanager
def refusals_as_problems(*missing: type[ObjectDoesNotExist]) -> Iterator[None]:
    """What a person is told of an action that was not done; `missing` are what may not be there."""
    try:
        yield
    except missing as error:
        raise Http404 from error
    except (InvoiceChanged, NothingToReissue, NoRoom) as error:
        raise Conflict(str(error), reason={"code": "changed"}) from error
    except ActionRefused as error:
        raise Forbidden(str(error), reason=asdict(error.refusal)) from error
