/* Checks inside sofia's parser, for input that its transaction layer can't stand
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "screen.h"

#include <string.h>

#include "inflight.h"
#include "front/relay.h"
#include "sip-private.h"

/* sofia has no place where a message can be looked at between its parser and its transactions. So
 * we run it with a parser of our own: a copy of sofia's, in which two functions are replaced.
 *
 * The parser of Via marks the protocol of each one with UNSEEN, and the function that is called at
 * the end of the header section takes the mark away if the message is fit. nta drops a request
 * whose Via names another protocol than that of its transport, without an answer. A message that
 * was cut before the empty line never gets to the second function, and is dropped too. */

#define UNSEEN "!"

/* Those that nearly all have; the others get one made. */
static const gchar unseen_udp[] = UNSEEN "SIP/2.0/UDP";
static const gchar unseen_tcp[] = UNSEEN "SIP/2.0/TCP";

/* Responses repeat the Via, From, To and Record-Route of the request. With this limit they always
 * fit into a datagram, even when compact header names are written out. */
#define MAX_HEADER_BYTES (48 * 1024)

static SiprecInflightKey
ack_key (const sip_t *sip)
{
  static const gchar kind[] = "no ACK";

  return (SiprecInflightKey){kind, {sip->sip_call_id->i_id}, sip->sip_cseq->cs_seq};
}

/* When nta can't send a final response it parks the transaction in a queue of its own until its
 * next timer, and asserts that no ACK finds it there. Whoever doesn't read from his connection can
 * bring that about. So all final responses to INVITE must be sent by us, who call this: no leg of a
 * dialog, no NTATAG_MERGE_482. */
void
siprec_screen_forbid_ack (nta_incoming_t *irq)
{
  msg_t *msg = nta_incoming_getrequest (irq);
  SiprecInflightKey key = ack_key (sip_object (msg));

  siprec_inflight_add (irq, &key);
  msg_destroy (msg);
}

/* By a stream only the front's own messages come. */
static gboolean
is_vouched (msg_t *msg, const sip_t *sip)
{
  if (msg_addrinfo (msg)->ai_socktype != SOCK_STREAM)
    return TRUE;
  for (const sip_unknown_t *header = sip->sip_unknown; header; header = header->un_next)
    if (g_ascii_strcasecmp (header->un_name, SIPREC_RELAY_HEADER) == 0)
      return siprec_relay_pass (header->un_value);
  return FALSE;
}

/* RFC 3261 section 17.2.3: a CANCEL has the branch and sent-by of the INVITE that it means. */
static SiprecInflightKey
cancel_key (const sip_t *sip)
{
  static const gchar kind[] = "late CANCEL";
  const sip_via_t *via = sip->sip_via;

  return (SiprecInflightKey){kind, {via->v_branch, via->v_host, via->v_port}};
}

void
siprec_screen_expect_late_cancel (nta_incoming_t *irq)
{
  msg_t *msg = nta_incoming_getrequest (irq);
  SiprecInflightKey key = cancel_key (sip_object (msg));

  siprec_inflight_add (irq, &key);
  msg_destroy (msg);
}

gboolean
siprec_screen_is_late_cancel (const sip_t *sip)
{
  SiprecInflightKey key;

  if (!sip->sip_request || sip->sip_request->rq_method != sip_method_cancel || !sip->sip_via)
    return FALSE;
  key = cancel_key (sip);
  return siprec_inflight_has (&key);
}

/* nta answers 481 to a CANCEL of an INVITE that has its 2xx, though it remembers that transaction: RFC 3261
 * section 9.2 wants 200. With another hash nta doesn't find it, and the CANCEL comes to us. */
static void
hide_from_nta (const sip_t *sip)
{
  if (sip->sip_call_id && siprec_screen_is_late_cancel (sip))
    sip->sip_call_id->i_hash ^= 1;
}

static gboolean
is_fit (const sip_t *sip)
{
  gsize length = 0;

  for (const msg_header_t *h = (const msg_header_t *)sip->sip_request; h; h = h->sh_succ)
    length += h->sh_len;
  if (length > MAX_HEADER_BYTES) {
    GST_DEBUG ("dropping a request with %" G_GSIZE_FORMAT " bytes of headers", length);
    return FALSE;
  }

  if (sip->sip_request && sip->sip_request->rq_method == sip_method_ack && sip->sip_call_id &&
      sip->sip_cseq) {
    SiprecInflightKey key = ack_key (sip);

    if (siprec_inflight_has (&key)) {
      GST_DEBUG ("dropping the ACK of a response that was never sent");
      return FALSE;
    }
  }
  return TRUE;
}

static void
clear_mark (sip_via_t *via)
{
  /* nta compares pointers in places. */
  if (via->v_protocol == unseen_udp)
    via->v_protocol = sip_transport_udp;
  else if (via->v_protocol == unseen_tcp)
    via->v_protocol = sip_transport_tcp;
  else
    via->v_protocol += strlen (UNSEEN);
}

static issize_t
extract_body (msg_t *msg, msg_pub_t *pub, char data[], isize_t length, int eos)
{
  sip_t *sip = (sip_t *)pub;

  if (!(sip->sip_flags & MSG_FLG_BODY) && is_vouched (msg, sip) && is_fit (sip)) {
    for (sip_via_t *via = sip->sip_via; via; via = via->v_next)
      if (g_str_has_prefix (via->v_protocol, UNSEEN))
        clear_mark (via);
    hide_from_nta (sip);
  }
  return sip_default_mclass ()->mc_extract_body (msg, pub, data, length, eos);
}

static gboolean
is_port (const gchar *text)
{
  gsize length = strspn (text, "0123456789");
  guint64 value = g_ascii_strtoull (text, NULL, 10);

  return length > 0 && text[length] == '\0' && value > 0 && value <= G_MAXUINT16;
}

static issize_t
parse_via (su_home_t *home, msg_header_t *h, char *s, isize_t slen)
{
  sip_via_t *via = (sip_via_t *)h;

  /* nta does that for messages that come alone, not for those behind others in a stream. */
  su_home_preload (home, 1, SIPREC_PRELOADED_BYTES);
  if (sip_via_class->hc_parse (home, h, s, slen) < 0)
    return -1;
  if (via->v_port && !is_port (via->v_port))
    return -1;

  /* sofia sends the response to "maddr" and resolves a name in it, which blocks. Responses go to
   * the source address instead; nobody records by multicast. "comp" asks for SigComp. */
  if (via->v_maddr)
    msg_header_remove_param (via->v_common, "maddr");
  if (via->v_comp)
    msg_header_remove_param (via->v_common, "comp");

  if (strcmp (via->v_protocol, sip_transport_udp) == 0)
    via->v_protocol = unseen_udp;
  else if (strcmp (via->v_protocol, sip_transport_tcp) == 0)
    via->v_protocol = unseen_tcp;
  else
    via->v_protocol = su_sprintf (home, UNSEEN "%s", via->v_protocol);
  return via->v_protocol ? 0 : -1;
}

static gpointer
make_parser (gpointer data)
{
  static struct msg_hclass_s via_class[1];
  msg_mclass_t *mclass = msg_mclass_clone (sip_default_mclass (), 0, 0);
  msg_href_t *shorts = (msg_href_t *)mclass->mc_short;
  msg_href_t original = {0};

  memcpy (via_class, sip_via_class, sizeof *via_class);
  via_class->hc_parse = parse_via;

  for (gint i = 0; i < mclass->mc_hash_size; i++) {
    if (mclass->mc_hash[i].hr_class == sip_via_class) {
      original = mclass->mc_hash[i];
      mclass->mc_hash[i].hr_class = via_class;
    }
  }
  /* sofia makes Via headers with its own class, so that must be found too: by its address, as the
   * table is searched by name only when parsing, and the first one of a name wins. */
  if (!original.hr_class || msg_mclass_insert (mclass, &original) < 0)
    g_error ("sofia-sip's parser isn't the one we know");
  shorts['v' - 'a'].hr_class = via_class;
  mclass->mc_extract_body = extract_body;
  return mclass;
}

const msg_mclass_t *
siprec_screen_parser (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_parser, NULL);
}
