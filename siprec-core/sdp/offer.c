/* siprec-core: reads and checks an SDP offer, RFC 4566 and RFC 3264 as clients really write it
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "offer.h"

#include <string.h>

#include "../deviation.h"
#include "../error.h"
#include "check.h"
#include "codec.h"
#include "content.h"
#include "feedback.h"

#define MAX_SIZE    (64 * 1024)
#define MAX_MLINES  64
#define MAX_LABEL   256
#define MAX_ADDRESS 255
#define MAX_PTIME   10000

/* The text on its way to GstSDPMessage, which takes nearly everything: what must not pass is stopped
 * or cleaned here, line by line. */
typedef struct {
  GString *clean;
  GPtrArray *deviations;
  guint32 seen; /* one bit a line type, 'a' is bit 0 */
  guint mlines;
  gchar *times; /* value of the first t= line, which GstSDPMessage drops */
} Reader;

static void
reader_clear (Reader *reader)
{
  /* There may be keys in it. */
  explicit_bzero (reader->clean->str, reader->clean->len);
  g_string_free (reader->clean, TRUE);
  g_free (reader->times);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static void
mline_free (gpointer data)
{
  SiprecMline *mline = data;

  g_free (mline->media);
  g_free (mline->proto);
  g_free (mline->label);
  g_free (mline->mid);
  g_free (mline->lang);
  g_free (mline->address);
  g_free (mline->rtcp_address);
  siprec_security_free (mline->security);
  g_ptr_array_unref (mline->formats);
  g_free (mline);
}

/* ---- before GstSDPMessage: lines ---- */

static gboolean
seen (const Reader *reader, gchar type)
{
  return (reader->seen & (1u << (type - 'a'))) != 0;
}

/* Checks "media port[/count] transport format...", of which GstSDPMessage checks nothing. */
static gboolean
check_mline (Reader *reader, const gchar *value, GError **error)
{
  const gchar *p = value + strcspn (value, " ");
  guint port = 0, count = 1;
  gboolean valid = p > value;

  p += strspn (p, " ");
  valid = valid && siprec_codec_read_number (&p, "/ ", G_MAXUINT16, &port);
  if (valid && *p == '/') {
    p++;
    valid = siprec_codec_read_number (&p, " ", G_MAXUINT16, &count);
  }
  valid = valid && p[strspn (p, " ")] != '\0';
  if (!valid) {
    g_autofree gchar *shown = siprec_printable (value, -1);
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                 "The SDP line \"m=%s\" is not of the form \"m=audio 10000 RTP/AVP 0\".", shown);
    return FALSE;
  }
  if (count > 1)
    siprec_deviations_add (reader->deviations, "sdp-port-count", "%u ports at port %u", count,
                           port);
  if (++reader->mlines > MAX_MLINES) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX, "The SDP has more than %d media lines.",
                 MAX_MLINES);
    return FALSE;
  }
  return TRUE;
}

/* Replaces control characters, so that nothing that is echoed can break a line. */
static void
clean_characters (Reader *reader, gchar *line)
{
  for (gchar *p = line; *p != '\0'; p++) {
    if (!g_ascii_iscntrl (*p))
      continue;
    if (*p != '\t')
      siprec_deviations_add (reader->deviations, "sdp-control-character", "0x%02x in a line \"%c\"",
                             (guint)*p, g_ascii_isalpha (*line) ? *line : '?');
    *p = ' ';
  }
}

static gboolean
read_line (Reader *reader, gchar *line, GError **error)
{
  clean_characters (reader, line);
  g_strstrip (line);
  if (*line == '\0')
    return TRUE;

  if (!g_ascii_islower (line[0]) || line[1] != '=') {
    siprec_security_redact_line (line);
    g_autofree gchar *shown = siprec_printable (line, -1);
    siprec_deviations_add (reader->deviations, "sdp-garbage-line", "\"%s\"", shown);
    return TRUE;
  }
  if (reader->seen == 0 && strcmp (line, "v=0") != 0) {
    siprec_security_redact_line (line);
    g_autofree gchar *shown = siprec_printable (line, -1);
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                 "The SDP starts with \"%s\" in place of \"v=0\".", shown);
    return FALSE;
  }
  if (*line == 'm' && !check_mline (reader, line + 2, error))
    return FALSE;
  if (*line == 't' && reader->times == NULL)
    reader->times = g_strdup (line + 2);
  reader->seen |= 1u << (*line - 'a');
  /* The keys that SDP once had are good for nothing (RFC 8866 section 5.12). */
  if (*line == 'k')
    return TRUE;
  g_string_append_printf (reader->clean, "%s\r\n", line);
  return TRUE;
}

/* Reads all lines of @text, ended by CRLF, LF or CR. */
static gboolean
read_lines (Reader *reader, const gchar *text, GError **error)
{
  while (*text != '\0') {
    gsize length = strcspn (text, "\r\n");
    g_autofree gchar *line = g_strndup (text, length);

    if (!read_line (reader, line, error))
      return FALSE;
    text += length;
    text += strspn (text, "\r\n");
  }
  /* RFC 3264 section 5: none means that streams come later. */
  if (reader->seen == 0 || (reader->mlines == 0 && !(reader->seen & 1u << ('o' - 'a')))) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX, "The SDP has no %s line.",
                 reader->seen == 0 ? "v=0" : "media (m=)");
    return FALSE;
  }
  if (!seen (reader, 'o'))
    siprec_deviations_add (reader->deviations, "sdp-no-origin", "there is no o= line");
  if (!seen (reader, 's'))
    siprec_deviations_add (reader->deviations, "sdp-no-session-name", "there is no s= line");
  if (!seen (reader, 't'))
    siprec_deviations_add (reader->deviations, "sdp-no-time", "there is no t= line");
  return TRUE;
}

static gchar *
take_text (GBytes *data, GPtrArray *deviations, GError **error)
{
  gsize size = 0;
  const gchar *bytes = data != NULL ? g_bytes_get_data (data, &size) : NULL;

  if (size == 0 || size > MAX_SIZE) {
    g_set_error (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                 "The SDP has %" G_GSIZE_FORMAT " bytes; 1 to %d are accepted.", size, MAX_SIZE);
    return NULL;
  }
  const gchar *nul = memchr (bytes, '\0', size);
  if (nul != NULL) {
    size = nul - bytes;
    siprec_deviations_add (deviations, "sdp-nul", "at byte %" G_GSIZE_FORMAT, size);
  }
  /* Names and labels end up in caps and JSON, which must be UTF-8. */
  const gchar *invalid = NULL;
  if (g_utf8_validate (bytes, size, &invalid))
    return g_strndup (bytes, size);
  siprec_deviations_add (deviations, "sdp-encoding", "at byte %" G_GSIZE_FORMAT,
                         (gsize)(invalid - bytes));
  return g_utf8_make_valid (bytes, size);
}

/* ---- after GstSDPMessage: media lines ---- */

/* The value of attribute @name, any case; "" if it has none, NULL if it is absent. */
static const gchar *
find_attribute (const GArray *attributes, const gchar *name)
{
  for (guint i = 0; i < attributes->len; i++) {
    const GstSDPAttribute *attribute = &g_array_index (attributes, GstSDPAttribute, i);

    if (g_ascii_strcasecmp (attribute->key, name) == 0)
      return attribute->value != NULL ? attribute->value : "";
  }
  return NULL;
}

/* The value without spaces around it, or NULL if it is absent, empty or absurdly long. */
static gchar *
copy_attribute (const GArray *attributes, const gchar *name)
{
  const gchar *value = find_attribute (attributes, name);

  if (value == NULL || strlen (value) > MAX_LABEL)
    return NULL;
  g_autofree gchar *copy = g_strstrip (g_strdup (value));
  return *copy != '\0' ? g_steal_pointer (&copy) : NULL;
}

static SiprecMediaKind
read_kind (const GstSDPMedia *media)
{
  const gchar *name = gst_sdp_media_get_media (media);

  if (g_ascii_strcasecmp (name, "audio") == 0)
    return SIPREC_MEDIA_AUDIO;
  if (g_ascii_strcasecmp (name, "video") == 0)
    return siprec_content_read (media);
  if (g_ascii_strcasecmp (name, "text") == 0)
    return SIPREC_MEDIA_TEXT;
  return g_ascii_strcasecmp (name, "message") == 0 ? SIPREC_MEDIA_MESSAGE : SIPREC_MEDIA_OTHER;
}

/* The first direction attribute. Returns FALSE if there is none. */
static gboolean
find_direction (const GArray *attributes, SiprecDirection *direction)
{
  for (guint i = 0; i < attributes->len; i++) {
    const GstSDPAttribute *attribute = &g_array_index (attributes, GstSDPAttribute, i);

    for (guint d = SIPREC_DIRECTION_SENDRECV; d <= SIPREC_DIRECTION_INACTIVE; d++) {
      if (g_ascii_strcasecmp (attribute->key, siprec_direction_name (d)) == 0) {
        *direction = d;
        return TRUE;
      }
    }
  }
  return FALSE;
}

static void
read_direction (SiprecMline *mline, const GstSDPMessage *sdp, const GstSDPMedia *media,
                GPtrArray *deviations)
{
  gboolean given = find_direction (media->attributes, &mline->direction) ||
                   find_direction (sdp->attributes, &mline->direction);

  if (mline->port == 0)
    return;
  /* RFC 7866 section 7.1.1: sendonly, or inactive. */
  if (!given)
    siprec_deviations_add (deviations, "sdp-no-direction", "media line %u", mline->index);
  else if (mline->direction == SIPREC_DIRECTION_SENDRECV)
    siprec_deviations_add (deviations, "sdp-sendrecv", "media line %u", mline->index);
  else if (mline->direction == SIPREC_DIRECTION_RECVONLY)
    siprec_deviations_add (deviations, "sdp-recvonly", "media line %u", mline->index);
}

static void
read_address (SiprecMline *mline, const GstSDPMessage *sdp, const GstSDPMedia *media,
              GPtrArray *deviations)
{
  const GstSDPConnection *connection = gst_sdp_media_connections_len (media) > 0
                                           ? gst_sdp_media_get_connection (media, 0)
                                           : gst_sdp_message_get_connection (sdp);
  const gchar *address = connection->address;

  if (address == NULL || *address == '\0' || strlen (address) > MAX_ADDRESS) {
    if (mline->port != 0)
      siprec_deviations_add (deviations, "sdp-no-connection", "media line %u", mline->index);
    return;
  }
  mline->address = g_strdup (address);
}

/* Whether anything will be sent. RFC 3264 section 8.4: 0.0.0.0 is the hold of RFC 2543. */
static void
read_hold (SiprecMline *mline, GPtrArray *deviations)
{
  gboolean quiet = mline->direction == SIPREC_DIRECTION_INACTIVE ||
                   mline->direction == SIPREC_DIRECTION_RECVONLY;
  gboolean nowhere =
      g_strcmp0 (mline->address, "0.0.0.0") == 0 || g_strcmp0 (mline->address, "::") == 0;

  mline->held = quiet || nowhere;
  if (nowhere && !quiet && mline->port != 0)
    siprec_deviations_add (deviations, "sdp-hold-address", "media line %u has the address %s",
                           mline->index, mline->address);
}

/* The address in "5001 IN IP4 192.0.2.9" behind the port, or NULL; names aren't looked up. */
static gchar *
read_rtcp_address (const gchar *rest)
{
  g_auto (GStrv) words = g_strsplit (rest, " ", 4);

  if (g_strv_length (words) != 3 || !g_hostname_is_ip_address (words[2]))
    return NULL;
  return g_strdup (words[2]);
}

static void
read_rtcp (SiprecMline *mline, const GstSDPMedia *media, GPtrArray *deviations)
{
  const gchar *value = find_attribute (media->attributes, "rtcp");
  guint port = 0;

  mline->rtcp_mux = find_attribute (media->attributes, "rtcp-mux") != NULL;
  if (mline->port == 0)
    return;
  mline->rtcp_port = mline->port < G_MAXUINT16 ? mline->port + 1 : 0;
  if (value == NULL)
    return;
  value += strspn (value, " ");
  if (siprec_codec_read_number (&value, " ", G_MAXUINT16, &port) && port > 0) {
    mline->rtcp_port = port;
    mline->rtcp_address = read_rtcp_address (value + strspn (value, " "));
  } else {
    g_autofree gchar *shown = siprec_printable (value, -1);
    siprec_deviations_add (deviations, "sdp-rtcp", "media line %u: \"%s\"", mline->index, shown);
  }
}

static void
read_label (SiprecMline *mline, const GstSDPMedia *media, GPtrArray *deviations)
{
  mline->label = copy_attribute (media->attributes, "label");
  mline->mid = copy_attribute (media->attributes, "mid");

  if (mline->label == NULL) {
    if (mline->port != 0)
      siprec_deviations_add (deviations, "sdp-no-label", "media line %u", mline->index);
    return;
  }
  for (const gchar *p = mline->label; *p != '\0'; p++) {
    /* RFC 4566 section 9: token. */
    if (g_ascii_isgraph (*p) && strchr ("\"(),/:;<=>?@[\\]", *p) == NULL)
      continue;
    g_autofree gchar *shown = siprec_printable (mline->label, -1);
    siprec_deviations_add (deviations, "sdp-label", "\"%s\"", shown);
    return;
  }
}

static void
read_formats (SiprecMline *mline, const GstSDPMedia *media, GPtrArray *deviations)
{
  gboolean listed[128] = {FALSE};
  guint n = gst_sdp_media_formats_len (media);

  for (guint i = 0; i < n; i++) {
    const gchar *token = gst_sdp_media_get_format (media, i);
    const gchar *p = token;
    guint pt = 0;

    if (*token == '\0')
      continue;
    if (!siprec_codec_read_number (&p, "", G_N_ELEMENTS (listed) - 1, &pt)) {
      g_autofree gchar *shown = siprec_printable (token, -1);
      siprec_deviations_add (deviations, "sdp-format", "media line %u: \"%s\"", mline->index,
                             shown);
      continue;
    }
    if (listed[pt])
      continue;
    listed[pt] = TRUE;

    SiprecFormat *format = siprec_codec_format (media, pt, deviations);
    if (format != NULL)
      g_ptr_array_add (mline->formats, format);
  }
  if (mline->formats->len == 0 && mline->port != 0)
    siprec_deviations_add (deviations, "sdp-no-format", "media line %u", mline->index);
}

/* RFC 4585 section 4.2 wants a profile with feedback, but endpoints that shall be understood by all offer it
 * without. */
static void
read_feedback (SiprecMline *mline, const GstSDPMedia *media, GPtrArray *deviations)
{
  if (!siprec_feedback_is_offered (media))
    return;
  for (guint i = 0; i < mline->formats->len; i++) {
    const SiprecFormat *format = g_ptr_array_index (mline->formats, i);

    mline->feedback[format->pt] = siprec_feedback_read (media, format->pt);
  }
  if (!g_str_has_suffix (mline->proto, "F") && mline->port != 0)
    siprec_deviations_add (deviations, "sdp-feedback-profile", "media line %u is %s", mline->index,
                           mline->proto);
}

static SiprecMline *
read_mline (const GstSDPMessage *sdp, guint index, GPtrArray *deviations)
{
  const GstSDPMedia *media = gst_sdp_message_get_media (sdp, index);
  SiprecMline *mline = g_new0 (SiprecMline, 1);
  const gchar *ptime = find_attribute (media->attributes, "ptime");

  mline->index = index;
  mline->kind = read_kind (media);
  mline->media = g_strdup (gst_sdp_media_get_media (media));
  mline->proto = g_strdup (gst_sdp_media_get_proto (media));
  mline->port = gst_sdp_media_get_port (media);
  mline->formats = g_ptr_array_new_with_free_func ((GDestroyNotify)siprec_format_unref);
  mline->lang = copy_attribute (media->attributes, "lang");
  if (mline->lang == NULL)
    mline->lang = copy_attribute (sdp->attributes, "lang");
  if (ptime != NULL && !siprec_codec_read_number (&ptime, ". ", MAX_PTIME, &mline->ptime))
    mline->ptime = 0;

  read_label (mline, media, deviations);
  read_direction (mline, sdp, media, deviations);
  read_address (mline, sdp, media, deviations);
  read_hold (mline, deviations);
  read_rtcp (mline, media, deviations);
  mline->transport = siprec_transport_read (mline->proto);
  mline->security = siprec_security_read (sdp, media, index, deviations);
  mline->rtp = mline->transport != SIPREC_TRANSPORT_OTHER;
  if (mline->rtp) {
    read_formats (mline, media, deviations);
    read_feedback (mline, media, deviations);
  }
  return mline;
}

static void
check_labels (const GPtrArray *mlines, GPtrArray *deviations)
{
  g_autoptr (GHashTable) labels = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < mlines->len; i++) {
    const SiprecMline *mline = g_ptr_array_index (mlines, i);

    if (mline->label == NULL || mline->port == 0 || g_hash_table_add (labels, mline->label))
      continue;
    g_autofree gchar *shown = siprec_printable (mline->label, -1);
    siprec_deviations_add (deviations, "sdp-duplicate-label", "\"%s\"", shown);
  }
}

/* Hands the first t= line to @sdp: its own parser leaves it out, and the answer has to repeat it. */
static void
add_times (GstSDPMessage *sdp, const gchar *times)
{
  g_auto (GStrv) words = g_strsplit (times != NULL ? times : "", " ", 3);

  if (g_strv_length (words) < 2)
    return;
  for (guint i = 0; i < 2; i++) {
    gsize length = strlen (words[i]);
    if (length == 0 || length > 20 || strspn (words[i], "0123456789") != length)
      return;
  }
  gst_sdp_message_add_time (sdp, words[0], words[1], NULL);
}

SiprecOffer *
siprec_offer_parse (GBytes *data, GPtrArray *deviations, GError **error)
{
  g_auto (Reader) reader = {.clean = g_string_new (NULL), .deviations = deviations};
  g_autofree gchar *text = take_text (data, deviations, error);

  if (text == NULL || !read_lines (&reader, text, error))
    return NULL;

  g_autoptr (SiprecOffer) offer = g_new0 (SiprecOffer, 1);
  offer->mlines = g_ptr_array_new_with_free_func (mline_free);
  gst_sdp_message_new (&offer->sdp);
  gst_sdp_message_parse_buffer ((const guint8 *)reader.clean->str, reader.clean->len, offer->sdp);
  if (gst_sdp_message_medias_len (offer->sdp) != reader.mlines) {
    g_set_error_literal (error, SIPREC_ERROR, SIPREC_ERROR_SYNTAX,
                         "The media lines of the SDP can't be read.");
    return NULL;
  }
  add_times (offer->sdp, reader.times);
  for (guint i = 0; i < reader.mlines; i++)
    g_ptr_array_add (offer->mlines, read_mline (offer->sdp, i, deviations));
  check_labels (offer->mlines, deviations);
  siprec_offer_check_ports (offer, deviations);
  siprec_security_redact (offer->sdp);
  return g_steal_pointer (&offer);
}

void
siprec_offer_free (SiprecOffer *offer)
{
  g_clear_pointer (&offer->sdp, gst_sdp_message_free);
  g_clear_pointer (&offer->mlines, g_ptr_array_unref);
  g_free (offer);
}

const gchar *
siprec_media_kind_name (SiprecMediaKind kind)
{
  static const gchar *const names[] = {"audio", "video", "screen", "text", "message", "other"};

  return names[kind];
}

const gchar *
siprec_direction_name (SiprecDirection direction)
{
  static const gchar *const names[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

  return names[direction];
}

gboolean
siprec_mline_is_video (const SiprecMline *mline)
{
  return mline->kind == SIPREC_MEDIA_VIDEO || mline->kind == SIPREC_MEDIA_SCREEN;
}

const SiprecMline *
siprec_offer_mline (const SiprecOffer *offer, guint index)
{
  return index < offer->mlines->len ? g_ptr_array_index (offer->mlines, index) : NULL;
}
