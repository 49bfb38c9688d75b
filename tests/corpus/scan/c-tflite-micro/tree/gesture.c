#include <stdio.h>
#include "tensorflow/lite/c/c_api.h"

static TfLiteInterpreter *load(const char *path)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(path);
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetNumThreads(options, 1);
    return model ? TfLiteInterpreterCreate(model, options) : NULL;
}

int main(int argc, char **argv)
{
    float in[96] = {0}, out[4] = {0};
    TfLiteInterpreter *net = load(argc > 1 ? argv[1] : "gesture.tflite");
    if (!net || TfLiteInterpreterAllocateTensors(net) != kTfLiteOk)
        return 1;
    TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(net, 0), in, sizeof in);
    TfLiteInterpreterInvoke(net);
    TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(net, 0), out, sizeof out);
    printf("%f\n", out[0]);
    return 0;
}
