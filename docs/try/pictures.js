// Pictures of the visitor: files, what is dropped or pasted, the camera; and their pixels.

// Canvases of iPhones hold no more pixels than this.
const MOST = 16_000_000;

/** Return the pixels of a picture, upright and in sRGB, as RGBA; shrunk only where a canvas cannot hold it. */
export async function decode(blob) {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, Math.sqrt(MOST / (bitmap.width * bitmap.height)));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.floor(side * scale)));
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const pixels = context.getImageData(0, 0, width, height);
  const seen = pixels.data.every((value, at) => at % 4 < 3 || value === 255);
  return seen ? pixels : ((await decodeTransparent(blob).catch(() => null)) ?? pixels);
}

/** Return the same of a picture with transparent parts. A canvas keeps colors times alpha, which blurs faint ones; a texture keeps both. */
async function decodeTransparent(blob) {
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: "none" });
  const { width, height } = bitmap;
  const gl = document.createElement("canvas").getContext("webgl");
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  const texture = gl.getParameter(gl.TEXTURE_BINDING_2D);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  const data = new Uint8ClampedArray(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(data.buffer));
  const failed = gl.getError() !== gl.NO_ERROR;
  bitmap.close();
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return failed || width * height > MOST ? null : { data, width, height };
}

/** Call `take(file)` for each picture dropped on an element. */
export function onDrop(element, take) {
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("over");
  });
  for (const end of ["dragleave", "drop"]) element.addEventListener(end, () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    for (const file of event.dataTransfer.files) take(file);
  });
}

/** Show the camera in a dialog; call `take(blob)` with the photograph, `refused()` where there is no camera to use. */
export async function openCamera(dialog, take, refused) {
  const video = dialog.querySelector("video");
  const stream = await (navigator.mediaDevices?.getUserMedia({ video: { width: { ideal: 1920 } } }) ?? Promise.reject(new Error("none"))).catch(() => null);
  if (!stream) return refused();
  const [shoot, close] = dialog.querySelectorAll("button");
  dialog.addEventListener("close", () => stream.getTracks().forEach((track) => track.stop()), { once: true });
  close.onclick = () => dialog.close();
  shoot.onclick = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      dialog.close();
      take(blob);
    });
  };
  video.srcObject = stream;
  dialog.showModal();
  return video.play();
}
