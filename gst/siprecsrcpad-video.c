/* gst-siprec: from the packets of a video stream to the pictures that a pad of siprecsrc gives
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "siprecsrc.h"

#include <gst/base/gstadapter.h>

#include "siprec-core/media/packet.h"
#include "siprec-core/video/pictures.h"

#include "depayloader.h"

#define GST_CAT_DEFAULT gst_siprec_src_debug

/* While a key frame is awaited, it is asked for this often; a request or its answer may be lost. */
#define PATIENCE GST_SECOND

/* Who has sent none for so long never does: its pictures are renewed bit by bit. */
#define RESIGNATION (3 * GST_SECOND)

/* More than this isn't held of a picture that doesn't end. A packet counts for its payload and for what it takes to
 * keep it, since many small ones aren't cheap. */
#define MAX_HELD    (16 * 1024 * 1024)
#define PACKET_COST 512

/* When the picture that has @time was taken, by its sender's clock. */
typedef struct {
  GstClockTime time;
  GstClockTime timestamp;
  GstCaps *caps; /* NULL if that isn't known, or nobody wants to know */
} Reference;

/**
 * GstSiprecVideo:
 *
 * The way of one format from packets to pictures. The pusher's own.
 */
struct _GstSiprecVideo {
  SiprecFormat *format;
  GstSiprecDepayloader *depayloader;
  SiprecPictures *pictures;
  gboolean cut;   /* what comes is the rest of a picture whose beginning is lost */
  gboolean known; /* there was a packet, with these: */
  gboolean marker;
  guint32 timestamp;             /* RTP timestamp */
  GstClockTime time;             /* running time */
  Reference reference, previous; /* of the packets that come, and of the picture before */
  GstAdapter *parts; /* of a picture of which more may come; appending buffers would copy */
  GstClockTime parts_time;
  gsize held; /* what came since a picture was complete */
  GstClockTime asked;
  GstClockTime waits_since; /* for a key frame; NONE if it doesn't */
};

void
gst_siprec_video_free (GstSiprecVideo *video)
{
  siprec_format_unref (video->format);
  g_object_unref (video->parts);
  gst_clear_caps (&video->reference.caps);
  gst_clear_caps (&video->previous.caps);
  g_clear_pointer (&video->depayloader, gst_siprec_depayloader_free);
  g_clear_pointer (&video->pictures, siprec_pictures_free);
  g_free (video);
}

static GstSiprecVideo *
video_new (SiprecFormat *format)
{
  GstSiprecVideo *video = g_new0 (GstSiprecVideo, 1);

  video->format = siprec_format_ref (format);
  video->depayloader = gst_siprec_depayloader_new (format);
  video->pictures = siprec_pictures_new (format->video, format->rtp_caps);
  video->parts = gst_adapter_new ();
  video->cut = TRUE;
  video->waits_since = GST_CLOCK_TIME_NONE;
  return video;
}

/* Packets are missing before the one that comes. The picture that they were of is lost, and those that follow refer
 * to it. */
static void
lose (GstSiprecVideo *video)
{
  if (video->depayloader)
    gst_siprec_depayloader_flush (video->depayloader);
  siprec_pictures_lose (video->pictures);
  gst_adapter_clear (video->parts);
  video->held = 0;
  video->cut = TRUE;
}

/* Whether @packet is of a picture that has come from its beginning on. */
static gboolean
is_whole (GstSiprecVideo *video, const SiprecPacket *packet)
{
  gboolean another = !video->known || packet->timestamp != video->timestamp;
  const SiprecVideoCodec *codec = video->format->video;

  if (video->cut &&
      (codec->begins_picture ? codec->begins_picture (packet->payload, packet->payload_size)
                             : another))
    video->cut = FALSE;
  return !video->cut;
}

/* All packets of a picture have the time of its first one, and each picture one of its own. */
static GstClockTime
follow_time (GstSiprecVideo *video, const SiprecPacket *packet, GstClockTime time)
{
  if (!video->known || packet->timestamp != video->timestamp)
    video->time = video->known ? MAX (video->time + GST_USECOND, time) : time;
  video->known = TRUE;
  video->marker = packet->marker;
  video->timestamp = packet->timestamp;
  return video->time;
}

/* Depayloaders lose what stands on packets, or have it once for each packet; so it is taken off @packet. */
static void
follow_reference (GstSiprecVideo *video, GstBuffer *packet)
{
  GstReferenceTimestampMeta *meta = gst_buffer_get_reference_timestamp_meta (packet, NULL);

  if (GST_BUFFER_PTS (packet) != video->reference.time) {
    gst_clear_caps (&video->previous.caps);
    video->previous = video->reference;
    video->reference = (Reference){.time = GST_BUFFER_PTS (packet)};
  }
  if (!meta)
    return;
  video->reference.timestamp = meta->timestamp;
  gst_caps_replace (&video->reference.caps, meta->reference);
  gst_buffer_remove_meta (packet, (GstMeta *)meta);
}

static void
add_reference (GstSiprecVideo *video, GstBuffer *picture)
{
  const Reference *reference =
      GST_BUFFER_PTS (picture) == video->reference.time ? &video->reference : &video->previous;

  if (reference->caps && reference->time == GST_BUFFER_PTS (picture))
    gst_buffer_add_reference_timestamp_meta (picture, reference->caps, reference->timestamp,
                                             GST_CLOCK_TIME_NONE);
}

static void
feed (GstSiprecVideo *video, GstBuffer *buffer, GstClockTime time)
{
  SiprecPacket packet;
  GstMapInfo map;
  gboolean whole = FALSE;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return;
  if (siprec_packet_parse (&packet, map.data, map.size)) {
    whole = is_whole (video, &packet);
    time = follow_time (video, &packet, time);
    video->held += whole ? packet.payload_size + PACKET_COST : 0;
  }
  gst_buffer_unmap (buffer, &map);
  if (!whole)
    return;
  buffer = gst_buffer_make_writable (gst_buffer_ref (buffer));
  GST_BUFFER_PTS (buffer) = time;
  GST_BUFFER_DURATION (buffer) = GST_CLOCK_TIME_NONE;
  follow_reference (video, buffer);
  gst_siprec_depayloader_push (video->depayloader, buffer);
}

/* Whether pictures of @caps can go on under those that were pushed. */
static gboolean
is_covered (GstSiprecSrcPad *pad, GstCaps *pushed, GstCaps *caps)
{
  if (pad->src->settings.pin_caps && !pad->awaits_caps)
    return gst_structure_has_name (gst_caps_get_structure (pushed, 0),
                                   gst_structure_get_name (gst_caps_get_structure (caps, 0)));
  return gst_caps_is_equal (pushed, caps);
}

static void
follow_caps (GstSiprecSrcPad *pad, GstCaps *caps)
{
  g_autoptr (GstCaps) current = gst_pad_get_current_caps (GST_PAD (pad));

  if (caps && caps != current && (!current || !is_covered (pad, current, caps)))
    gst_siprec_src_pad_complete_introduction (pad, caps);
  else if (pad->awaits_caps)
    gst_siprec_src_pad_complete_introduction (pad, NULL);
}

/* Gives on @buffer (transfer full), what the depayloader made. */
static void
push_picture (GstSiprecSrcPad *pad, GstSiprecVideo *video, GstBuffer *buffer)
{
  g_autoptr (GstCaps) caps = gst_siprec_depayloader_get_caps (video->depayloader);

  video->held = 0;
  buffer = siprec_pictures_take (video->pictures, buffer, caps);
  if (!buffer)
    return;
  follow_caps (pad, siprec_pictures_get_caps (video->pictures));
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  add_reference (video, buffer);
  gst_siprec_src_pad_push_buffer (pad, buffer);
}

static void
push_parts (GstSiprecSrcPad *pad, GstSiprecVideo *video)
{
  gsize size = gst_adapter_available (video->parts);
  GstBuffer *buffer;

  if (size == 0)
    return;
  buffer = gst_buffer_make_writable (gst_adapter_take_buffer (video->parts, size));
  GST_BUFFER_PTS (buffer) = video->parts_time;
  push_picture (pad, video, buffer);
}

/* Depayloaders take parameter sets for the beginning of a picture, and some payloaders put them in front of each
 * slice: what has the same time is joined. */
static void
push_pictures (GstSiprecSrcPad *pad, GstSiprecVideo *video)
{
  GstBuffer *buffer;

  while ((buffer = gst_siprec_depayloader_pop (video->depayloader))) {
    if (!video->format->video->nal) {
      push_picture (pad, video, buffer);
      continue;
    }
    if (GST_BUFFER_PTS (buffer) != video->parts_time)
      push_parts (pad, video);
    video->parts_time = GST_BUFFER_PTS (buffer);
    gst_adapter_push (video->parts, buffer);
  }
  if (video->marker)
    push_parts (pad, video);
}

/* A picture without an end must not fill the memory. */
static void
check_held (GstSiprecSrcPad *pad, GstSiprecVideo *video)
{
  if (video->held <= MAX_HELD)
    return;
  GST_WARNING_OBJECT (pad, "a picture doesn't end and is dropped");
  lose (video);
  /* Not by PATIENCE: the stream's time may stand still. */
  siprec_stream_request_key_frame (pad->stream);
}

/* Asks for a key frame while one is awaited, until it is plain that none will come. */
static void
await_key_frame (GstSiprecSrcPad *pad, GstSiprecVideo *video, GstClockTime now)
{
  if (!siprec_pictures_is_waiting (video->pictures)) {
    video->waits_since = GST_CLOCK_TIME_NONE;
    return;
  }
  if (!GST_CLOCK_TIME_IS_VALID (video->waits_since))
    video->waits_since = now;
  if (now >= video->waits_since + RESIGNATION)
    siprec_pictures_take_recovery_points (video->pictures);
  if (now < video->asked + PATIENCE)
    return;
  video->asked = now;
  siprec_stream_request_key_frame (pad->stream);
}

void
gst_siprec_src_pad_push_packet (GstSiprecSrcPad *pad, SiprecUnit *unit, GstClockTime time)
{
  GstSiprecVideo *video = pad->video;

  /* Nobody is to be asked for key frames that go nowhere. */
  if (!gst_pad_is_linked (GST_PAD (pad))) {
    GST_OBJECT_LOCK (pad);
    pad->num_unlinked++;
    GST_OBJECT_UNLOCK (pad);
    pad->discont_packets = TRUE;
    return;
  }
  if (!video || video->format != unit->format) {
    if (video && !siprec_format_equal (video->format, unit->format))
      GST_INFO_OBJECT (pad, "%s follows %s", unit->format->encoding_name,
                       video->format->encoding_name);
    g_clear_pointer (&pad->video, gst_siprec_video_free);
    video = pad->video = video_new (unit->format);
  }
  if (!video->depayloader)
    return;
  if (GST_BUFFER_FLAG_IS_SET (unit->buffer, GST_BUFFER_FLAG_DISCONT) || pad->discont_packets)
    lose (video);
  pad->discont_packets = FALSE;
  feed (video, unit->buffer, time);
  push_pictures (pad, video);
  check_held (pad, video);
  await_key_frame (pad, video, unit->time);
}

gboolean
gst_siprec_src_pad_takes_gaps (GstSiprecSrcPad *pad)
{
  return pad->raw || !pad->is_video ||
         (pad->video && pad->video->known && !siprec_pictures_is_waiting (pad->video->pictures));
}
