import os

# With oneDNN, TensorFlow 2.21 can get one thing wrong here: the gradient of a 2-D 1×1 kernel with a stride above 1, of
# pictures that end behind the last pixel read, with at most 7 channels. 10 of 149 random ones were wrong, other numbers
# from run to run, and the memory of the process was damaged. Everything else was right with oneDNN, strides that differ
# between axes too: 1,350 convolutions with other kernels, 680 poolings, 1,232 depthwise and separable ones, each with
# its gradients, in float32, and 1,131 convolutions in 2-D and 3-D in three types but for the 3-D "same" below.
# Once damaged, the process gives wrong answers to later calls, of whatever op. So the setting, which TensorFlow reads
# once, when it loads, is that of the whole process, and not of the tests of conv_grad alone; and as a worker of pytest
# runs several modules in one process, every module that compares with Keras has it.
# Without oneDNN another thing is wrong: 3-D "same" with windows shorter than the stride (`strides_that_keras_gets_right`;
# with oneDNN that remains in float64 and float16). See docs/differences.md.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
