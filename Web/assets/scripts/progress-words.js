// How far a job is, in words.

const stages = { loading: "Loading the model", encoding: "Reading the prompt", denoising: "Drawing", finishing: "Finishing" };

/** What is being done now. */
export function stageWords(job) {
  if (job.cancelRequested) return "Stopping";
  if (job.state === "queued") return job.position === null ? "Waits" : job.position === 0 ? "Waits, next in line" : `Waits, ${ordinal(job.position + 1)} in line`;
  const { progress } = job;
  if (!progress) return "Begins";
  const words = stages[progress.stage] ?? "Drawing";
  const step = progress.stage === "denoising" && progress.steps > 0 ? `, step ${progress.step} of ${progress.steps}` : "";
  const picture = job.request?.count > 1 && progress.stage !== "loading" ? `, picture ${progress.image + 1} of ${job.request.count}` : "";
  return words + step + picture;
}

/** Seconds left by now, counted on from when they were heard; empty where nobody knows. */
export function timeLeft({ progress, state }) {
  if (state !== "running" || progress?.secondsLeft == null) return "";
  const seconds = Math.max(0, progress.secondsLeft - (performance.now() - progress.heard) / 1000);
  if (seconds < 1) return "about a second left";
  if (seconds < 90) return `${Math.round(seconds)} s left`;
  return `${Math.round(seconds / 60)} min left`;
}

/** The same in a few words. */
export function shortWords(job) {
  const left = timeLeft(job);
  if (job.cancelRequested || job.state === "queued" || !job.progress || job.progress.stage === "loading") return stageWords(job);
  return `${Math.round(job.progress.fraction * 100)} %${left ? ` · ${left}` : ""}`;
}

/** Why a job has no picture, for one that has ended. */
export function endWords(job) {
  switch (job.state) {
    case "failed": return job.failure ?? "It could not be drawn.";
    case "blocked": return "The server’s safety policy withholds this picture.";
    case "cancelled": return "Cancelled.";
    case "expired": return "Its deadline passed before it was drawn.";
    default: return job.images.length === 0 ? "It has no picture." : "";
  }
}

function ordinal(number) {
  const ending = number % 100 > 10 && number % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th";
  return number + ending;
}
