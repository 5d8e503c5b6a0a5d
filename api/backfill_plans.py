"""A backfill's plan as it was asked for: checked as far as settings and channels can tell."""

import re
from typing import Any, Final
from zoneinfo import ZoneInfo

from api.admission import CallbackError, callback_url
from api.backfill_schemas import PlanIn
from api.problems import FieldError, invalid
from api.services import Services
from workers.contracts.backfill import BackfillPlan
from workers.contracts.hours import parse_hours

_ADDRESS: Final = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,189}")


def checked(fields: PlanIn, plan: BackfillPlan, tenant: str, services: Services) -> BackfillPlan:
    """A plan with what was asked for; what was not stays as it is.

    Args:
        fields: what was asked for.
        plan: the one that holds so far.
        tenant: whose.
        services: the stores.

    Raises:
        ProblemError: 422, with every field that is wrong.
    """
    known = set(BackfillPlan.model_fields) & fields.model_fields_set
    asked: dict[str, Any] = {
        name: value for name in known if (value := getattr(fields, name)) is not None
    }
    errors = []
    if "callback_url" in asked:
        allow_private = services.settings.callback_allow_private
        try:
            asked["callback_url"] = callback_url(asked["callback_url"], allow_private=allow_private)
        except CallbackError as error:
            errors.append(FieldError(field="/callback_url", detail=str(error)))
    whole = plan.model_copy(update=asked)
    errors += [*_window(whole, asked), *_mail(whole, asked, tenant, services)]
    if errors:
        raise invalid(errors)
    return whole


def _window(plan: BackfillPlan, asked: dict[str, Any]) -> list[FieldError]:
    """What is wrong with the hours."""
    try:
        zone = ZoneInfo(plan.time_zone)
    except (KeyError, ValueError, OSError):
        return [
            FieldError(field="/time_zone", detail="Write it as the IANA does: America/Sao_Paulo.")
        ]
    if "window" not in asked:
        return []
    groups = [group.strip() for group in re.split(r"[;\n]", plan.window or "")]
    every_day = [f"seg-dom {group}" if group[:1].isdigit() else group for group in groups]
    try:
        parse_hours("; ".join(every_day), zone)
    except ValueError:
        return [
            FieldError(
                field="/window",
                detail="Write it as 22:00-06:00, or as seg-sex 22:00-06:00; sáb-dom 00:00-24:00.",
            )
        ]
    return []


def _mail(
    plan: BackfillPlan, asked: dict[str, Any], tenant: str, services: Services
) -> list[FieldError]:
    """What is wrong with where a summary is mailed."""
    if not {"mail_to", "mail_channel"} & set(asked):
        return []
    if plan.mail_to is None or not _ADDRESS.fullmatch(plan.mail_to):
        return [FieldError(field="/mail_to", detail="Must be one address, name@example.com.")]
    channel = services.channels.named(plan.mail_channel) if plan.mail_channel else None
    if channel is None or channel.tenant != tenant or channel.kind != "email":
        return [
            FieldError(
                field="/mail_channel",
                detail="Must be the name of an e-mail channel of this clinic: `atende channels`.",
            )
        ]
    return []
