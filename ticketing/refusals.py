"""Why a rule said no. `web/errors.py` turns each into a status and a page."""

from ticketing.links import LinkWithdrawn


class Refusal(Exception):
    """The base of all that a rule refuses."""


class AlreadyClaimed(Refusal):
    """Somebody else was first; a claimed ticket can't be claimed again."""


class ReopenedMeanwhile(Refusal):
    """The organiser reopened the ticket after this form was drawn."""


class TicketCancelled(Refusal):
    """The ticket, or its whole order, was cancelled."""


class DeadlinePassed(Refusal):
    """The shop takes no personal details any more."""


class EditedMeanwhile(Refusal):
    """The ticket, contact or setting changed after this form was drawn: nothing was written."""


class ShareReplaced(LinkWithdrawn):
    """The link that a share dialog still shows was replaced or recalled meanwhile."""


class TooManyUnknownLinks(Refusal):
    """From one network so many links were tried that we never made; only such are refused."""


class NotShared(Refusal):
    """There is no link out that could be recalled."""


class FormExpired(Refusal):
    """A button's token was too old, or none of ours; there is nothing typed to keep."""


class NotPersonalised(Refusal):
    """This needs a ticket that has a holder."""


class NoDetailsNeeded(Refusal):
    """The ticket's type asks for no personal data: there is nothing to edit."""


class NothingMissing(Refusal):
    """The ticket has every detail that is required, or is not one that can be completed."""


class AskedLately(Refusal):
    """The holder was asked for missing details within the last day."""


class NothingToReopen(Refusal):
    """None of the chosen tickets can be opened again."""


class TooManyMails(Refusal):
    """The limits that keep strangers from being flooded with mail were reached."""


class DownloadSwitchedOff(Refusal):
    """The organiser hands tickets out another way, or later."""


class WalletNotOffered(Refusal):
    """The organiser doesn't sign for this wallet, or can't at the moment."""


class ShopArchived(Refusal):
    """The shop takes no new orders; what it has sold stays what it is."""


class OrderCancelled(Refusal):
    """An order that was cancelled, which is for good, takes no more tickets."""


class TooManyShares(Refusal):
    """One ticket has had more links today than any person would hand out."""


class LastOwner(Refusal):
    """An organiser always keeps an owner who can sign in."""


class NotOwnRole(Refusal):
    """Nobody gives themselves another role."""


class TwoStepRequired(Refusal):
    """A team or the installation asks for two-step sign-in, so it can't be turned off."""


class NotTheirOwnerAlone(Refusal):
    """Somebody who works for other organisers too: an owner of one can't weaken their account."""


class InvitationOver(Refusal):
    """The invitation was accepted, withdrawn, or its week is over."""


class TypeInUse(Refusal):
    """Tickets have this type: it can be archived, not deleted."""
