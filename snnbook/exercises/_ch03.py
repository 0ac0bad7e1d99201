"""Exercises of chapter 3: training recurrent networks (paper section III)."""

import math

import torch

from snnbook import gradients, neurons, training
from snnbook.exercises._records import Times, function, integer, number
from snnbook.exercises._tools import network


@number(
    "03-1",
    right="v was used twice on the way, at steps 2 and 3, and each use contributes w·v: "
    "together 2wv.",
    hints=(
        "In which steps is v used with an activity that is not zero?",
        "Write y[1], y[2] and y[3] as formulas in v and w, and differentiate the last; or "
        "sum δ[m] · y[m−1] over the steps m.",
        "y[1] = w and y[2] = vw. What is y[3]?",
    ),
)
def shared_weight():
    w, v = 3.0, 0.5
    line = gradients.Nonlinearity(lambda a: a, torch.ones_like)
    rnn = gradients.SmoothRNN((torch.tensor([[w]]),), (torch.tensor([[v]]),), line)
    _, records = gradients.rnn_run(rnn, torch.tensor([1.0, 0.0, 0.0, 0.0])[:, None, None])
    errors = [torch.zeros(1, 1)] * 3 + [torch.ones(1, 1)]
    blame = [(n, delta) for n, (delta,) in gradients.rnn_backward(rnn, records, errors)]
    return sum((delta * records[n].past[0]).sum() for n, delta in blame), {
        "That is one of the two uses of v; the gradient sums over both.": Times(1 / 2),
        "That is y[3] itself; differentiate it with respect to v.": w * v**2,
        "That is the derivative with respect to w.": sum(
            (delta * records[n].source[0]).sum() for n, delta in blame
        ),
        "The activity that v multiplies is missing: y[1] is w, not 1.": Times(1 / w),
        "v was used twice with a non-zero input, not three times.": 3 * w * v**2,
    }


@integer(
    "03-2",
    right="W acts on I one step later and on U two steps later: two steps for each of the four "
    "layers, and the piece must hold the step of the use as well.",
    hints=(
        "How many steps does one input spike take from the first layer to the readout?",
        "A layer takes two steps, one into I and one into U; the piece must hold the step "
        "of the use and that of the loss.",
        "Used in step 0, the weight is felt in I of layer 1 in step 1, and in U of layer 1 "
        "in step 2. Go on through all layers.",
    ),
)
def piece_that_is_long_enough():
    deep = network(2, 3, 3, 3, 2)
    with torch.no_grad():
        for parameter in deep.parameters():
            parameter.abs_().add_(0.3)  # every neuron fires
    run = torch.ones(40, 1, 2), training.step_squared_error(torch.full((40, 1, 2), -1.0))

    def learns(truncate):
        return gradients.bptt(deep, *run, truncate=truncate)["hidden.0.weight"].any()

    return next(truncate for truncate in range(1, 40) if learns(truncate)), {
        "That is the way from the use to the loss; both ends must lie in the piece.": 8,
        "Each layer takes two steps, through I and through U.": 4,
        "One step for each layer is not enough: two, through I and through U.": 5,
        "The readout is a layer with two steps of its own.": 7,
        "The readout is a layer, too, and takes two steps of its own.": 6,
        "That is enough for the readout's own weights alone.": 3,
    }


@integer(
    "03-3",
    right="More than 2(N + M)N/3 steps: 13 seconds at 1 ms. RTRL pays off for streams, not for "
    "samples.",
    hints=(
        "Which of the two grows with the number of steps, and which stays the same?",
        "Write both as formulas, 3NT and 2(N + M)N², and ask from which T on the first is larger.",
        "RTRL holds `2 * (100 + 100) * 100**2` numbers, and BPTT 300 in each step.",
    ),
)
def history_against_influence():
    """Count what both rules really hold of the hidden layer."""
    layers = network(100, 100, 1, recurrent=True)
    influence = gradients.RTRL().start(layers, batch=1).influence
    names = ("hidden.0.weight", "hidden.0.recurrent_weight")
    carried = sum(part.numel() for name in names for part in influence[name][0])
    layer = gradients.record(layers, torch.zeros(1, 1, 100))[0][0]
    per_step = sum(part.numel() for part in (layer.syn, layer.mem, layer.spikes))
    return carried // per_step + 1, {
        "At this many steps BPTT still holds a little less than RTRL.": carried // per_step,
        "The influences of the input weights are missing, or the factor 2 for I and U.": math.ceil(
            carried / 2 / per_step
        ),
        "That is what RTRL keeps; divide by 3N numbers per step.": carried,
        "The 3 is missing: BPTT keeps I, U and S of each neuron.": carried // 100,
    }


@function(
    "03-4",
    axes=("n", "i"),
    backward=True,
    right="From the last step to the first: δ[n] = σ′(a[n]) ∘ (e[n] + Vᵀ δ[n+1]).",
    hints=(
        "Which δ can be computed without any other δ?",
        "Blame comes from the direct error of the step and, through the transposed "
        "weights, from the step after it; the slope multiplies both.",
        "`for n in reversed(range(len(slopes)))`, with `later = "
        "torch.zeros_like(slopes[0])` before the loop.",
    ),
)
def blame_backward(draw):
    # Slopes (T, N), errors (T, N) and V (N, N) of small layers
    cases = [
        (0.2 + draw.uniform(steps, size), draw.normal(steps, size), draw.normal(size, size))
        for steps, size in ((1, 2), (3, 2), (5, 3), (4, 1))
    ]

    def blame(slopes, errors, V):
        """Differentiate a layer of these slopes, whose loss has these direct errors."""
        pushed = torch.zeros_like(slopes, requires_grad=True)
        loss, past = 0.0, torch.zeros_like(slopes[0])
        for push, slope, error in zip(pushed, slopes, errors):
            past = slope * (push + V @ past)
            loss = loss + error @ past
        return torch.autograd.grad(loss, pushed)[0]

    def backward(rule, forward=False):
        """Return the recursion over the steps with another rule for one of them."""

        def wrong(slopes, errors, V):
            delta, later = torch.zeros_like(slopes), torch.zeros_like(slopes[0])
            for n in range(len(slopes)) if forward else reversed(range(len(slopes))):
                delta[n] = later = rule(slopes[n], errors[n], V, later)
            return delta

        return wrong

    def late_slope(slopes, errors, V):
        delta = slopes * errors
        for n in reversed(range(len(slopes) - 1)):
            delta[n] += slopes[n + 1] * (V.T @ delta[n + 1])
        return delta

    return (blame, cases), {
        "The transpose is missing: blame runs against the direction of the "
        "weights, Vᵀ δ.": backward(lambda slope, error, V, later: slope * (error + V @ later)),
        "Time runs the wrong way: δ[n] needs δ[n+1], so start at the end.": (
            backward(lambda slope, error, V, later: slope * (error + V.T @ later), forward=True)
        ),
        "The blame from later steps is missing: add Vᵀ δ[n+1].": lambda slopes, errors, V: (
            slopes * errors
        ),
        "The slope σ′(a[n]) multiplies the direct error, too: both reach a[n] through "
        "y[n].": backward(lambda slope, error, V, later: error + slope * (V.T @ later)),
        "The slope belongs to step n: δ[n] = σ′(a[n]) ∘ (e[n] + Vᵀ δ[n+1]).": late_slope,
        "That is the direct error alone; the slope and the later "
        "steps are missing.": lambda slopes, errors, V: errors.clone(),
    }


@function(
    "03-5",
    axes=("k", "i", "j"),
    right="σ′(a_k) (Σ_p V_kp P_pij + [k = i] y_j): old influence spreads, and the weight's own "
    "effect enters on the diagonal.",
    hints=(
        "In how many ways does V_ij reach y_k[n]: through old activities, and how else?",
        "Old influence spreads through V, summed over the units p; the direct effect "
        "y_j[n−1] enters where k = i; the slope multiplies both.",
        '`moved = torch.einsum("kp,pij->kij", V, P)` spreads the old influence.',
    ),
)
def influence_forward(draw):
    # P (N, N, N), V (N, N), slopes (N,) and the past activity (N,)
    cases = [
        (draw.normal(n, n, n), draw.normal(n, n), 0.2 + draw.uniform(n), draw.normal(n))
        for n in (1, 2, 3, 4)
    ]

    def carry_on(P, V, slopes, past):
        """Differentiate a step in which the past depends on V as P says."""

        def activity(weight):
            moved = past + torch.einsum("kij,ij->k", P, weight - V)
            return slopes * (weight @ moved)

        return torch.autograd.functional.jacobian(activity, V)

    def spread(P, V):
        return torch.einsum("kp,pij->kij", V, P)

    def direct(past):
        return torch.diag_embed(past.expand(len(past), -1).T, dim1=0, dim2=1)

    def scaled(slopes, influence):
        return slopes[:, None, None] * influence

    return (carry_on, cases), {
        "The direct effect is missing: a_i[n] contains "
        "V_ij y_j[n−1] itself.": lambda P, V, slopes, past: scaled(slopes, spread(P, V)),
        "V must not be transposed here: influence runs along the weights, blame against "
        "them.": lambda P, V, slopes, past: scaled(slopes, spread(P, V.T) + direct(past)),
        "The direct effect of V_ij is felt by unit i alone: it enters where "
        "k = i.": lambda P, V, slopes, past: scaled(slopes, spread(P, V) + past),
        "The slope multiplies the direct effect, too.": lambda P, V, slopes, past: (
            scaled(slopes, spread(P, V)) + direct(past)
        ),
        "You kept only V_kk: that is RTRL without recurrence, between different "
        "units.": lambda P, V, slopes, past: carry_on(P, torch.diag(V.diag()), slopes, past),
        "The slope σ′(a_k[n]) is missing.": lambda P, V, slopes, past: spread(P, V) + direct(past),
        "The old influence reaches unit k through the weights: sum V_kp "
        "P_pij over p.": lambda P, V, slopes, past: scaled(slopes, P + direct(past)),
    }


@integer(
    "03-6",
    right="Some five membrane time constants, plus the rise: a piece of truncated BPTT shorter "
    "than this cuts off blame that matters.",
    hints=(
        "Where is the peak of κ? And does the distance count from there, or from the use "
        "of the weight?",
        "Compute the kernel for long enough, find its peak, and search beyond it for the "
        "first entry below a hundredth of the peak.",
        "`kernel = psp_kernel(LIFNeuron(tau_mem=20e-3, tau_syn=5e-3), 300)`.",
    ),
)
def reach_of_the_blame():
    def fades_after(share, tau_mem):
        """Return after how many steps the response falls below a share of its peak."""
        neuron = neurons.LIFNeuron(tau_mem=tau_mem, tau_syn=5e-3)
        kernel = neurons.psp_kernel(neuron, 2000)
        peak = int(kernel.argmax())
        return peak + int((kernel[peak:] < share * kernel[peak]).nonzero()[0])

    truth = fades_after(0.01, 20e-3)
    return truth, {
        "That is one tenth of the peak; one hundredth is asked for.": fades_after(0.1, 20e-3),
        "That is ln(100) membrane time constants; the kernel first rises, and the current "
        "lasts as well.": math.ceil(20 * math.log(100)),
        "Counted from the peak? The distance counts from the use, at 0.": truth - 10,
        "That is the default membrane time constant, 10 ms; 20 ms is asked for.": fades_after(
            0.01, 10e-3
        ),
    }


@integer(
    "03-7",
    right="The two parts are equal there, 2T/K = 3K: 60 numbers each for a neuron, in place of the "
    "1800 of plain BPTT.",
    hints=(
        "What gets cheaper, and what dearer, when checkpoints stand farther apart?",
        "More checkpoints cost 2T/K, longer pieces 3K; the sum is smallest where both are equal.",
    ),
)
def distance_between_checkpoints():
    """Count what is held for many neurons, so that the rest does not matter."""
    layers, steps = (1, 10000, 1), 600

    def held(every):
        return gradients.cost("bptt", layers, steps, checkpoint=every).history

    return min(range(1, steps + 1), key=held), {
        "√T would be it if a checkpoint cost as much as a step of a piece; it costs 2, a step "
        "3.": math.isqrt(steps),
        "√T = 24.5 would be it if a checkpoint cost as much as a step of a piece; it costs 2, "
        "a step 3.": math.isqrt(steps) + 1,
        "Upside down: a step of a piece costs more than a checkpoint, so pieces should be shorter "
        "than √T.": math.isqrt(3 * steps // 2),
        "That is the number of checkpoints and steps at the best distance, together; the distance "
        "is asked for.": 120,
    }
