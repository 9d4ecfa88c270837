"""Webhooks in the browser of a site admin."""

import re

from db.subscriptions import Webhook


async def test_the_secret_is_shown_once(admin):
    added = await admin.submit("/en/admin/webhooks", {"url": "https://status.example.org/hook"})
    (secret,) = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", added.text))
    assert (await Webhook.objects().first()).secret == secret
    later = await admin.get("/en/admin/webhooks")
    assert "status.example.org" in later.text
    assert secret not in later.text


async def test_an_address_inside_is_refused_and_stays_in_the_form(admin):
    refused = await admin.submit("/en/admin/webhooks", {"url": "https://10.0.0.1/hook"})
    assert refused.status_code == 422
    assert "https://10.0.0.1/hook" in refused.text
    assert "public https address" in refused.text


async def test_a_webhook_is_removed(admin):
    await admin.submit("/en/admin/webhooks", {"url": "https://status.example.org/hook"})
    hook = await Webhook.objects().first()
    gone = await admin.submit("/en/admin/webhooks", to=f"/en/admin/webhooks/{hook.id}/remove")
    assert gone.status_code == 303
    assert "The webhook is removed." in (await admin.get("/en/admin/webhooks")).text


async def test_a_clerk_keeps_no_webhooks(clerk):
    assert (await clerk.get("/admin/webhooks")).status_code == 403
