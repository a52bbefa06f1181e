"""What the page about natural pictures says, in both languages, whatever is found."""

from __future__ import annotations

from pincel.studies.words import Words

TITLE = Words("Caricatures, and what single channels want", "Caricaturas, y lo que quieren los canales sueltos")
LEAD = Words(
    "Which picture excites a layer most, among those that still look like pictures? First it is to say more of what the layer saw in a "
    "photograph, which makes a caricature of it; then one channel alone is to answer as much as it can. {layers} layers of {backbone}, "
    "{steps} steps, {size} pixels at most.",
    "¿Qué imagen excita más a una capa, entre las que aún parecen imágenes? Primero debe decir más de lo que la capa vio en una "
    "fotografía, y sale una caricatura de ella; después, un solo canal debe responder cuanto pueda. {layers} capas de {backbone}, {steps} "
    "pasos, {size} píxeles como mucho.",
)
CARICATURE = Words(
    "Each picture starts as the photograph itself. What a layer answers to it, Φ(x₀), is taken as a direction, and the picture is moved "
    "so that its own answer reaches ever further that way: what the layer saw a little of, it then sees a lot of. Look for what grows: in "
    "shallow layers it can only be as small as what they see, edges and their colours; in deep ones it may be whole parts of things.",
    "Cada imagen empieza siendo la propia fotografía. Lo que una capa responde a ella, Φ(x₀), se toma como dirección, y la imagen se "
    "mueve para que su respuesta llegue cada vez más lejos por ahí: de lo que la capa vio un poco, verá mucho. Fíjese en qué crece: en "
    "las capas poco profundas solo puede ser tan pequeño como lo que ven, bordes y sus colores; en las profundas pueden ser partes "
    "enteras de las cosas.",
)
CARICATURE_FORMULA = (
    Words(
        "x* = argmin_x  −C·⟨Φ(x), w⟩ + λ_α·R_α(x) + λ_β·R_β(x);  w = [Φ(x₀)]₊ / ‖[Φ(x₀)]₊‖²,  so that ⟨Φ(x₀), w⟩ = 1;  C = {weight:g}",
        "x* = argmin_x  −C·⟨Φ(x), w⟩ + λ_α·R_α(x) + λ_β·R_β(x);  w = [Φ(x₀)]₊ / ‖[Φ(x₀)]₊‖²,  así que ⟨Φ(x₀), w⟩ = 1;  C = {weight:g}",
    ),
    Words(
        "Mahendran, Vedaldi 2016 (IJCV), “Visualizing Deep Convolutional Neural Networks Using Natural Pre-images”: caricaturization; "
        "exp_enhance.m of aravindhm/nnpreimage, where C is 1",
        "Mahendran, Vedaldi 2016 (IJCV), “Visualizing Deep Convolutional Neural Networks Using Natural Pre-images”: caricaturization; "
        "exp_enhance.m de aravindhm/nnpreimage, donde C es 1",
    ),
)
REGULARISERS = Words(
    "Nothing in that direction says where to stop, and most pictures on the way are noise to us. Four things keep them natural: long "
    "colours cost ever more (R_α), and so does variation between neighbours (R_β); no colour may be further than 160 grey levels from the "
    "mean; and the network's view wanders by up to a quarter of the layer's stride from step to step, so that no pattern can rely on its "
    "exact place.",
    "Nada en esa dirección dice dónde parar, y casi todas las imágenes del camino son ruido para nosotros. Cuatro cosas las mantienen "
    "naturales: los colores largos cuestan cada vez más (R_α), y también la variación entre vecinos (R_β); ningún color puede alejarse "
    "más de 160 niveles de gris de la media; y la vista de la red vaga de paso en paso hasta un cuarto del salto de la capa, de modo que "
    "ningún patrón puede fiarse de su lugar exacto.",
)
REGULARISERS_FORMULA = (
    "R_α = 1/(H·W)·Σ (Σ_c x_c²)^(α/2);  R_β = 1/(H·W)·Σ ((Δ₁x)² + (Δ₂x)²)^(β/2);  α = 6, β = 2, λ_α = 1/80⁶, λ_β = (6.5/80)², |x_ij| ≤ 160",
    Words(
        "The same paper; constants of its get_defaults.m, AdaGrad with momentum 0.9. The best picture is kept, not the last",
        "El mismo artículo; constantes de su get_defaults.m, AdaGrad con momento 0.9. Se guarda la mejor imagen, no la última",
    ),
)
MAXIMUM = Words(
    "Now the direction is one channel at the position in the middle, and the picture starts as noise. It is about as large as what that "
    "one unit sees. How much its answer weighs against the regularisers is measured by M, the largest answer that any of {photographs} "
    "photographs gets from the channel; the channels are the ones the photograph excites most, unless they were named. Silent units would "
    "have no slope, so the convolution is climbed before its ReLU.",
    "Ahora la dirección es un canal en la posición del centro, y la imagen empieza siendo ruido. Es más o menos tan grande como lo que ve "
    "esa única unidad. Cuánto pesa su respuesta frente a los regularizadores lo mide M, la mayor respuesta que alguna de {photographs} "
    "fotografías obtiene del canal; los canales son los que más excita la fotografía, salvo que se nombren. Las unidades calladas no "
    "tendrían pendiente, así que se sube por la convolución, antes de su ReLU.",
)
MAXIMUM_FORMULA = (
    Words(
        "x* = argmin_x  −10⁴/(ρ²·M_c) · a_c(middle; x) + λ_α·R_α(x) + λ_β·R_β(x);  ρ: side of what the unit sees",
        "x* = argmin_x  −10⁴/(ρ²·M_c) · a_c(centro; x) + λ_α·R_α(x) + λ_β·R_β(x);  ρ: lado de lo que ve la unidad",
    ),
    Words(
        "The same paper: activation maximization; its exp_maximization.m and get_neuron_stats.m (M of some 1300 photographs); no leak in "
        "the ReLUs, as in exp_all.m",
        "El mismo artículo: activation maximization; sus exp_maximization.m y get_neuron_stats.m (M de unas 1300 fotografías); sin fuga "
        "en las ReLU, como en exp_all.m",
    ),
)
NATURAL = Words(
    "The measure of the paper: which share of all gradients points where, 18 directions, and how much of that a picture has in common "
    "with the photograph (for channels, with the mean of the {photographs} photographs). It is coarse, since noise has all directions and "
    "so have many photographs; so the share of fine detail stands beside it: of the variance of brightness, what has periods under four "
    "pixels.",
    "La medida del artículo: qué parte de todos los gradientes apunta adónde, en 18 direcciones, y cuánto de eso tiene una imagen en "
    "común con la fotografía (para los canales, con la media de las {photographs} fotografías). Es tosca, pues el ruido tiene todas las "
    "direcciones y muchas fotografías también; por eso la acompaña la parte de detalle fino: de la varianza del brillo, lo que tiene "
    "periodos de menos de cuatro píxeles.",
)
NATURAL_FORMULA = (
    "h_b(x) = Σ_{θ∈b} |∇x| / Σ |∇x|;  n(x) = Σ_b min(h_b(x), h_b(x₀))",
    Words(
        "Mahendran, Vedaldi 2016 (IJCV), gradient histogram intersection; exp_naturalness.m, with Sobel's differences",
        "Mahendran, Vedaldi 2016 (IJCV), gradient histogram intersection; exp_naturalness.m, con las diferencias de Sobel",
    ),
)
CARICATURE_TABLE = Words(
    "As saved: ⟨Φ, w⟩ (the photograph has 1), gradients in common with the photograph, fine detail; and the same without regularisers.",
    "Tal como se guardó: ⟨Φ, w⟩ (la fotografía tiene 1), gradientes en común con la fotografía, detalle fino; y lo mismo sin "
    "regularizadores.",
)
CHANNEL_TABLE = Words(
    "Of each picture for a channel, in 8 bits: ⟨Φ, w⟩ of the noise and of the picture, the answer of its unit, the largest that "
    "photographs get.",
    "De cada imagen para un canal, en 8 bits: ⟨Φ, w⟩ del ruido y de la imagen, la respuesta de su unidad, la mayor de las fotografías.",
)
COLUMNS = {
    "layer": Words("layer", "capa"),
    "channel": Words("channel", "canal"),
    "regularised": Words("regularised", "regularizada"),
    "before": Words("noise ⟨Φ, w⟩", "ruido ⟨Φ, w⟩"),
    "after": Words("⟨Φ, w⟩ reached", "⟨Φ, w⟩ alcanzado"),
    "answer": Words("answer", "respuesta"),
    "largest": Words("in photographs", "en fotografías"),
    "times": Words("answer / that", "respuesta / esa"),
    "naturalness": Words("gradients in common", "gradientes en común"),
    "fineness": Words("fine detail", "detalle fino"),
    "free_after": Words("reached, free", "alcanzado, libre"),
    "free_naturalness": Words("in common, free", "en común, libre"),
    "free_fineness": Words("fine detail, free", "detalle fino, libre"),
}
