"""What the hand-written backward passes share: they give a first derivative, and say so."""

import torch


def first_derivative(gradients, ctx, *grads):
    """Return ``gradients(ctx, saved, *grads)``; batches and second derivatives are errors.

    The last output and the last saved tensor are the link: an empty tensor, by which the
    gradients depend on all inputs of the layer, so that no second derivative passes them by.
    """
    *saved, link = ctx.saved_tensors
    if torch.compiler.is_dynamo_compiling():  # compiled autograd
        from snnbook.kernels._eager import checked_eagerly

        return checked_eagerly(gradients, ctx, saved, link, grads[:-1])
    return checked(gradients, ctx, saved, link, grads[:-1])


def checked(gradients, ctx, saved, link, grads):
    """Do as :func:`first_derivative`, with the saved tensors at hand."""
    if any(g is not None and _batched(g) for g in grads):
        raise RuntimeError(
            "the compiled loop takes one gradient at a time, not a batch of them; "
            "kernel='reference' takes both"
        )
    grads = [g.resolve_neg() if g is not None and g.is_neg() else g for g in grads]
    if not torch.is_grad_enabled():
        return (*gradients(ctx, saved, *grads), None)
    with torch.no_grad():  # create_graph=True: only a second derivative is an error
        out = gradients(ctx, saved, *grads)
    given = link, *(g for g in grads if g is not None)
    return (*(g if g is None else _Once.apply(g, *given) for g in out), None)


def _batched(grad) -> bool:
    functorch = torch._C._functorch
    return functorch.is_legacy_batchedtensor(grad) or functorch.is_batchedtensor(grad)


class _Once(torch.autograd.Function):
    """Identity whose derivative is an error that says what to do."""

    @staticmethod
    def forward(ctx, grad, *given):
        return grad.view_as(grad)

    @staticmethod
    def backward(ctx, grad):
        raise RuntimeError(
            "the compiled loop has no second derivative; "
            "kernel='reference' gives the plain loop, which has one"
        )
