/* gst-siprec: siprecsrc, its class, its states and its control strand
 * SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-siprecsrc
 * @title: siprecsrc
 * @short_description: receives a SIP recording session (SIPREC)
 *
 * siprecsrc is the recording server of RFC 7866: a phone system (SBC, PBX, softswitch) calls it by SIP
 * and sends copies of its calls by RTP, with metadata (RFC 7865) that says who is talking. Each stream of
 * the session becomes a pad, and what happens in it a line on the metadata pad.
 *
 * The element listens from READY to PAUSED on (`actual-uri` tells where) and takes one session while it
 * is PLAYING. When that is answered, its pads are added: `audio_0`, `audio_1` and so on in the order of the SDP,
 * then `metadata`, then comes no-more-pads. A stream on hold keeps its pad. At the end of the session all
 * pads get EOS; see `eos-on-session-end` for the other way. Calls that come while no element is free are
 * answered 503.
 *
 * Many elements of a process take turns on one listener if they have the same `endpoint`. A program
 * that takes sessions itself, with siprec-core, makes a pipeline for each and sets `session`.
 *
 * PTS is running time. All pads of a session begin at the same PTS, the moment that the call was
 * answered, and end at the same one; `fill` covers what is missing. While the element is PAUSED after
 * PLAYING the call goes on, and what is received is dropped, as with any live source. A pipeline clock other
 * than the monotonic system clock is followed slowly, half a millisecond a second, so that buffers stay
 * contiguous.
 *
 * A branch that fails (flow error or EOS from downstream) costs its pad only: a warning is posted, and
 * the pad goes on when something else is linked to it. If no branch is left the element fails.
 *
 * Sending EOS to the element (gst-launch-1.0 -e) ends the session with BYE and then the streams.
 *
 * ## Messages
 *
 * Element messages carry the same facts as the lines of the metadata pad, with `session-id` and
 * `sequence`: GstSiprecSessionStarted, GstSiprecSessionEnded, GstSiprecStreamAdded, GstSiprecStreamRemoved,
 * GstSiprecStreamHeld, GstSiprecStreamResumed, GstSiprecStreamUpdated, GstSiprecStreamStarted,
 * GstSiprecStreamTimeout, GstSiprecStreamLoss, GstSiprecStreamRejected, GstSiprecStreamFailed,
 * GstSiprecStreamContributors, GstSiprecMetadata, GstSiprecParticipantJoined,
 * GstSiprecParticipantLeft, GstSiprecParticipantUpdated, GstSiprecCallStarted, GstSiprecCallEnded,
 * GstSiprecCallUpdated, GstSiprecDtmf and GstSiprecDeviation.
 *
 * ## Example launch lines
 *
 * |[
 * gst-launch-1.0 -e siprecsrc local-uri=sip:0.0.0.0:5060 name=s audio-pads=2 \
 *     s.audio_0 ! queue ! mkv.audio_0  s.audio_1 ! queue ! mkv.audio_1 \
 *     matroskamux name=mkv offset-to-zero=true ! filesink location=call.mkv \
 *     s.metadata ! filesink location=call.ndjson
 * ]| Records the next call: two audio tracks in one file, and its events as NDJSON.
 * |[
 * gst-launch-1.0 siprecsrc local-uri=sip:0.0.0.0:5060 ! decodebin ! audioconvert ! autoaudiosink
 * ]| Listens to the first stream of the next call.
 */

#include "siprecsrc.h"

#include "ticker.h"
#include "siprec-core/rtp/context.h"

GST_DEBUG_CATEGORY (gst_siprec_src_debug);
#define GST_CAT_DEFAULT gst_siprec_src_debug

/* Threads that all elements of the process run their control strands on; more than a few are needed
 * only while applications sit in signal handlers. */
#define CONTROL_THREADS 8

G_DEFINE_TYPE (GstSiprecSrc, gst_siprec_src, GST_TYPE_BIN)

static GstStaticPadTemplate audio_template = GST_STATIC_PAD_TEMPLATE (
    "audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("audio/x-mulaw; audio/x-alaw; audio/x-raw; audio/x-opus; audio/G722; "
                     "audio/G729; audio/x-gsm; audio/AMR; audio/AMR-WB; audio/x-iLBC; "
                     "audio/x-adpcm, layout = (string) g726; application/x-rtp"));

#define VIDEO_CAPS                                                                                 \
  "video/x-h264, stream-format = (string) avc, alignment = (string) au; "                          \
  "video/x-h265, stream-format = (string) hvc1, alignment = (string) au; "                         \
  "video/x-vp8; video/x-vp9; video/x-h263, variant = (string) itu; image/jpeg; video/x-av1; "      \
  "application/x-rtp"

static GstStaticPadTemplate video_template = GST_STATIC_PAD_TEMPLATE (
    "video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS (VIDEO_CAPS));

static GstStaticPadTemplate screen_template = GST_STATIC_PAD_TEMPLATE (
    "screen_%u", GST_PAD_SRC, GST_PAD_SOMETIMES, GST_STATIC_CAPS (VIDEO_CAPS));

static GstStaticPadTemplate metadata_template = GST_STATIC_PAD_TEMPLATE (
    "metadata", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("application/x-siprec-metadata, format = (string) { json, xml }; "
                     "text/x-raw, format = (string) utf8"));

static SiprecPool *
get_control_pool (void)
{
  static gsize pool = 0;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize)siprec_pool_new ("siprec-control", CONTROL_THREADS));
  return (SiprecPool *)pool;
}

/* Which start of its element the strand that runs in this thread belongs to. */
static GPrivate current_run;

gboolean
gst_siprec_src_is_stopped (GstSiprecSrc *self)
{
  gboolean stopped;

  g_mutex_lock (&self->lock);
  stopped = self->stopped || GPOINTER_TO_UINT (g_private_get (&current_run)) != self->n_starts;
  g_mutex_unlock (&self->lock);
  return stopped;
}

/* The control strand. */
static void
control (gpointer data)
{
  /* A signal handler may drop the last reference of the application. */
  g_autoptr (GstSiprecSrc) self = gst_object_ref (data);
  GstClockTime now = siprec_context_now ();

  /* Only a strand that isn't stopped begins a run. */
  g_mutex_lock (&self->lock);
  g_private_set (&current_run, GUINT_TO_POINTER (self->n_starts));
  g_mutex_unlock (&self->lock);
  if (!gst_siprec_src_is_stopped (self))
    gst_siprec_src_run_acceptor (self);
  if (!gst_siprec_src_is_stopped (self))
    gst_siprec_src_run_session (self);
  if (gst_siprec_src_is_stopped (self))
    return;
  gst_siprec_src_check_pads (self);
  if (!gst_siprec_src_is_stopped (self) && self->ticking && now >= self->next_tick) {
    self->next_tick = now + GST_SIPREC_TICKER_PERIOD / 2;
    gst_siprec_src_time_follow (self);
    gst_siprec_src_tick_pads (self, now);
  }
}

/* READY to PAUSED */
static gboolean
start (GstSiprecSrc *self)
{
  self->done = self->eos_wanted = self->eos_done = FALSE;
  self->started = self->ticking = FALSE;
  self->next_tick = 0;
  self->time = (GstSiprecSrcTime){0};
  self->control = siprec_strand_new (get_control_pool (), control, self);
  self->context = siprec_context_get (self->settings.context);
  g_mutex_lock (&self->lock);
  self->stopped = FALSE;
  self->n_starts++;
  g_mutex_unlock (&self->lock);
  return gst_siprec_src_open (self);
}

/* PAUSED to READY, before the pads are deactivated. */
static void
stop_control (GstSiprecSrc *self)
{
  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  self->playing = FALSE;
  g_mutex_unlock (&self->lock);

  /* First the strand, which may be about to ask for ticks. */
  siprec_strand_stop (self->control);
  if (self->ticking)
    gst_siprec_ticker_remove (self->control);
  self->ticking = FALSE;
  gst_siprec_src_leave_queue (self);
}

/* PAUSED to READY, after it. */
static void
stop (GstSiprecSrc *self)
{
  gst_siprec_src_remove_pads (self);
  gst_siprec_src_drop_session (self);
  gst_siprec_src_close (self);
  g_clear_pointer (&self->context, siprec_context_unref);
  g_clear_pointer (&self->control, siprec_strand_unref);
}

static void
set_playing (GstSiprecSrc *self, gboolean playing)
{
  g_mutex_lock (&self->lock);
  self->playing = playing;
  g_mutex_unlock (&self->lock);
}

/* After a pause that wasn't the way to NULL. */
static void
resume_pads (GstSiprecSrc *self)
{
  g_autoptr (GPtrArray) pads = gst_siprec_src_get_pads (self);

  for (guint i = 0; i < pads->len; i++)
    gst_siprec_src_pad_go_on (g_ptr_array_index (pads, i));
}

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  GstSiprecSrc *self = GST_SIPREC_SRC (element);
  GstStateChangeReturn ret;

  switch (transition) {
  case GST_STATE_CHANGE_READY_TO_PAUSED:
    if (!start (self)) {
      stop_control (self);
      stop (self);
      return GST_STATE_CHANGE_FAILURE;
    }
    break;
  case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
    gst_siprec_src_time_resume (self);
    set_playing (self, TRUE);
    resume_pads (self);
    gst_siprec_src_join_queue (self);
    siprec_strand_wake (self->control);
    break;
  case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
    set_playing (self, FALSE);
    gst_siprec_src_leave_queue (self);
    break;
  case GST_STATE_CHANGE_PAUSED_TO_READY:
    stop_control (self);
    break;
  default:
    break;
  }

  ret = GST_ELEMENT_CLASS (gst_siprec_src_parent_class)->change_state (element, transition);

  switch (transition) {
  case GST_STATE_CHANGE_READY_TO_PAUSED:
  case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
    if (ret == GST_STATE_CHANGE_SUCCESS)
      ret = GST_STATE_CHANGE_NO_PREROLL;
    break;
  case GST_STATE_CHANGE_PAUSED_TO_READY:
    stop (self);
    break;
  default:
    break;
  }
  return ret;
}

void
gst_siprec_src_answer_latency (GstSiprecSrc *self, gboolean raw, GstQuery *query)
{
  const GstSiprecSrcSettings *settings = &self->settings;

  gst_query_set_latency (query, TRUE,
                         settings->latency * GST_MSECOND + (raw ? 0 : settings->buffer_duration) +
                             siprec_stream_get_period (raw, settings->buffer_duration),
                         GST_CLOCK_TIME_NONE);
}

/* A bin would ask its children, of which there are none. */
static gboolean
query (GstElement *element, GstQuery *query)
{
  GstSiprecSrc *self = GST_SIPREC_SRC (element);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_ELEMENT_CLASS (gst_siprec_src_parent_class)->query (element, query);
  gst_siprec_src_answer_latency (self, self->settings.output == GST_SIPREC_OUTPUT_RTP, query);
  return TRUE;
}

static gboolean
send_event (GstElement *element, GstEvent *event)
{
  GstSiprecSrc *self = GST_SIPREC_SRC (element);
  gboolean taken = FALSE;

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (gst_siprec_src_parent_class)->send_event (element, event);

  gst_event_unref (event);
  g_mutex_lock (&self->lock);
  if (!self->stopped) {
    self->eos_wanted = taken = TRUE;
    siprec_strand_wake (self->control);
  }
  g_mutex_unlock (&self->lock);
  return taken;
}

static void
finalize (GObject *object)
{
  GstSiprecSrc *self = GST_SIPREC_SRC (object);

  gst_siprec_src_settings_clear (&self->settings);
  g_free (self->actual_uri);
  g_free (self->session_id);
  g_ptr_array_unref (self->pads);
  g_ptr_array_unref (self->fresh_pads);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_siprec_src_parent_class)->finalize (object);
}

static void
gst_siprec_src_init (GstSiprecSrc *self)
{
  g_mutex_init (&self->lock);
  gst_siprec_src_settings_init (&self->settings);
  self->pads = g_ptr_array_new_with_free_func (gst_object_unref);
  self->fresh_pads = g_ptr_array_new_with_free_func (gst_object_unref);
  self->stopped = TRUE;
  g_queue_init (&self->held_records);
  /* A bin takes its flags from its children, and there are none. */
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

static void
gst_siprec_src_class_init (GstSiprecSrcClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_siprec_src_debug, "siprecsrc", 0, "SIP recording source");

  object_class->finalize = finalize;
  gst_siprec_src_install_properties (object_class);
  gst_siprec_src_install_signals (object_class);

  element_class->change_state = change_state;
  element_class->send_event = send_event;
  element_class->query = query;
  gst_element_class_add_static_pad_template_with_gtype (element_class, &audio_template,
                                                        GST_TYPE_SIPREC_SRC_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class, &video_template,
                                                        GST_TYPE_SIPREC_SRC_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class, &screen_template,
                                                        GST_TYPE_SIPREC_SRC_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class, &metadata_template,
                                                        GST_TYPE_SIPREC_SRC_PAD);
  gst_element_class_set_static_metadata (element_class, "SIP recording source", "Source/Network",
                                         "Receives SIP recording sessions (SIPREC: RFC 7866, "
                                         "7865): a pad for each stream of a call, and "
                                         "a metadata pad",
                                         "gst-siprec developers");
  gst_type_mark_as_plugin_api (GST_TYPE_SIPREC_SRC_PAD, 0);
}
