/* Dominant frequency and cross-correlation, by FFT.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spectrum.h"

#include <math.h>

#include <gst/fft/gstfftf64.h>

#define BLOCK 8192

/* Adds the power of one block of @samples from @first, zeros behind its end. */
static void
add_power (GstFFTF64 *fft, GArray *samples, gsize first, gdouble *power)
{
  g_autofree gdouble *block = g_new0 (gdouble, BLOCK);
  g_autofree GstFFTF64Complex *bins = g_new (GstFFTF64Complex, BLOCK / 2 + 1);

  for (gsize i = 0; i < BLOCK && first + i < samples->len; i++)
    block[i] = g_array_index (samples, gfloat, first + i);
  gst_fft_f64_window (fft, block, GST_FFT_WINDOW_HANN);
  gst_fft_f64_fft (fft, block, bins);
  for (gsize i = 0; i <= BLOCK / 2; i++)
    power[i] += bins[i].r * bins[i].r + bins[i].i * bins[i].i;
}

gdouble
spectrum_get_frequency (GArray *samples, guint rate)
{
  GstFFTF64 *fft = gst_fft_f64_new (BLOCK, FALSE);
  g_autofree gdouble *power = g_new0 (gdouble, BLOCK / 2 + 1);
  gsize peak = 1;
  gdouble left, middle, right, shift = 0;

  for (gsize first = 0; first < samples->len; first += BLOCK / 2)
    add_power (fft, samples, first, power);
  gst_fft_f64_free (fft);
  for (gsize i = 2; i < BLOCK / 2; i++) {
    if (power[i] > power[peak])
      peak = i;
  }
  if (power[peak] < 1e-9)
    return 0;
  /* The peak lies between bins: fit a parabola through the logarithms of three. */
  left = log (power[peak - 1] + 1e-30);
  middle = log (power[peak]);
  right = log (power[peak + 1] + 1e-30);
  if (left + right < 2 * middle)
    shift = (left - right) / (left - 2 * middle + right) / 2;
  return (peak + shift) * rate / BLOCK;
}

/* The spectrum of @samples filled up to @size with zeros. */
static GstFFTF64Complex *
transform (GArray *samples, gsize size)
{
  GstFFTF64 *fft = gst_fft_f64_new ((gint)size, FALSE);
  g_autofree gdouble *padded = g_new0 (gdouble, size);
  GstFFTF64Complex *bins = g_new (GstFFTF64Complex, size / 2 + 1);

  for (gsize i = 0; i < samples->len; i++)
    padded[i] = g_array_index (samples, gfloat, i);
  gst_fft_f64_fft (fft, padded, bins);
  gst_fft_f64_free (fft);
  return bins;
}

static gdouble
get_coefficient (GArray *samples, GArray *reference, gssize lag)
{
  gsize first = (gsize)MAX (lag, 0);
  gsize last = MIN ((gssize)samples->len, (gssize)reference->len + lag);
  gdouble product = 0, energy = 0, reference_energy = 0;

  for (gsize i = first; i < last; i++) {
    gdouble a = g_array_index (samples, gfloat, i);
    gdouble b = g_array_index (reference, gfloat, i - lag);

    product += a * b;
    energy += a * a;
    reference_energy += b * b;
  }
  return energy > 0 && reference_energy > 0 ? product / sqrt (energy * reference_energy) : 0;
}

gssize
spectrum_correlate (GArray *samples, GArray *reference, gdouble *coefficient)
{
  gsize size = (gsize)gst_fft_next_fast_length ((gint)(samples->len + reference->len + 1));
  g_autofree GstFFTF64Complex *a = transform (samples, size);
  g_autofree GstFFTF64Complex *b = transform (reference, size);
  g_autofree gdouble *correlation = g_new (gdouble, size);
  GstFFTF64 *inverse = gst_fft_f64_new ((gint)size, TRUE);
  gsize best = 0;
  gssize lag;

  for (gsize i = 0; i <= size / 2; i++) {
    GstFFTF64Complex product = {a[i].r * b[i].r + a[i].i * b[i].i,
                                a[i].i * b[i].r - a[i].r * b[i].i};

    a[i] = product;
  }
  gst_fft_f64_inverse_fft (inverse, a, correlation);
  gst_fft_f64_free (inverse);
  for (gsize i = 1; i < size; i++) {
    if (correlation[i] > correlation[best])
      best = i;
  }
  /* Negative lags are at the end. */
  lag = best <= samples->len ? (gssize)best : (gssize)best - (gssize)size;
  *coefficient = get_coefficient (samples, reference, lag);
  return lag;
}
