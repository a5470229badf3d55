"""A model builder of one's own: a network that sees every picture at two scales at once."""

from optimization.engine.builders import register_builder


def two_scales(model, shape, classes, *, seed, total_steps):
    """An uncompiled keras.Model; ModelConfig's optimizer and learning rate are added to it.

    model: the hyperparameters of this trial (a ModelConfig); those that this network has no use for it ignores.
    shape: (height, width, channels). seed: for all that is random, so that the trial can be repeated.
    """
    import keras  # here and not above: the process that leads the search then need not load it

    inputs = keras.Input(shape)
    branches = []
    for size in (3, 5):
        x = keras.layers.Conv2D(
            model.filters_per_conv_layer,
            size,
            padding="same",
            activation=model.activation,
            kernel_initializer=keras.initializers.HeNormal(seed=seed + size),
        )(inputs)
        branches.append(keras.layers.GlobalMaxPooling2D()(x))
    x = keras.layers.Concatenate()(branches)
    x = keras.layers.Dropout(model.first_hidden_layer_dropout, seed=seed)(x)
    start = keras.initializers.GlorotUniform(seed=seed)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax", kernel_initializer=start)(x))


register_builder("two_scales", two_scales)
